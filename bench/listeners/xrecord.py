"""A bare python-xlib RECORD listener that writes JSON lines."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import record
from Xlib.protocol import rq

NOTHING = (0, 0)


def main() -> int:
    path = Path(sys.argv[1]) / "events.jsonl"
    control, display = xdisplay.Display(), xdisplay.Display()
    wanted: dict[str, Any] = dict.fromkeys(("core_requests", "core_replies", "delivered_events", "errors"), NOTHING)
    wanted |= {"ext_requests": (*NOTHING, *NOTHING), "ext_replies": (*NOTHING, *NOTHING)}
    wanted |= {"device_events": (X.KeyPress, X.MotionNotify), "client_started": False, "client_died": False}
    context = display.record_create_context(0, [record.AllClients], [wanted])
    n = 0
    with path.open("w", encoding="utf-8") as file:

        def took(reply: Any) -> None:
            nonlocal n
            if reply.category != record.FromServer:
                return
            data = reply.data
            while data:
                event, data = rq.EventField("event").parse_binary_value(data, display.display, None, None)
                n += 1
                file.write(json.dumps([event.time, event.type, event.detail, event.root_x, event.root_y]) + "\n")

        thread = threading.Thread(target=lambda: display.record_enable_context(context, took), daemon=True)
        thread.start()
        time.sleep(0.5)
        print("ready", flush=True)
        sys.stdin.read()
        time.sleep(0.7)
        control.record_disable_context(context)
        control.sync()
        thread.join(2.0)
    print(json.dumps({"n": n, "bytes": path.stat().st_size}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
