"""Puts the recorder together and runs it until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

from aboveboard.core.charter import Charter
from aboveboard.core.checks import check_region
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput, Refused, Unavailable
from aboveboard.core.ids import ContributorId, DeviceId, key_id_of
from aboveboard.core.policy import Policy
from aboveboard.core.vault import DeviceCert, SignedDeviceCert, sign_device_cert
from aboveboard.recorder.commands import Commands
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.control import ControlServer
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.hotkeys import Hotkeys
from aboveboard.recorder.indicator import TrayOrBadge
from aboveboard.recorder.memory import keep_memory_private
from aboveboard.recorder.menu import Menu
from aboveboard.recorder.observe import X11Observer
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.platform.session import display_of
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.recording import Parts
from aboveboard.recorder.review.outbox import Outbox
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.keys import spool_key
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.terms_watch import TermsLook, TermsWatch
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.arenas import few_arenas
from aboveboard.wire.durable import read_bounded

KEPT_BYTES = 1 << 17  # of free memory


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None where a folder that is set up says it."""

    home: Path
    charter: Path | None
    collector: str | None
    invitation: str | None
    region: str | None
    display: str | None
    page_port: int


def set_up(options: Options) -> Home:
    """The folder with its pinned charter and configuration. A charter that is pinned is never replaced by another."""
    home = Home(options.home)
    try:
        home.make()
    except OSError as error:
        raise Unavailable(f"can't write in {options.home}: {error.strerror}") from error
    if options.charter is not None:
        data = read_bounded(options.charter, 1 << 20)
        if data is None:
            raise BadInput("is missing", str(options.charter))
        charter = Charter.parse(data, str(options.charter))
        pinned = home.read("charter.json")
        if pinned is not None and pinned != data:
            text = (
                "another charter is pinned here: a new one is followed by itself, once the old one's people signed it"
            )
            raise Refused("charter", text)
        home.write(data, "charter.json")
        if home.read("config.json") is None:
            if options.region is None:
                raise BadInput("say where this laptop is used: --region DE")
            check_region(options.region, "--region")
            config = Config.under(charter, options.region, options.collector or charter.collector.url)
            home.write(config.to_bytes(), "config.json")
    home.pinned()
    home.config()
    return home


def certificate(home: Home) -> SignedDeviceCert:
    """The contributor's word that this device's key signs their segments."""
    person, device = home.key("contributor"), home.key("device")
    contributor = ContributorId(key_id_of(person.verify_key.public))
    name = DeviceId(key_id_of(device.verify_key.public))
    return sign_device_cert(
        DeviceCert(contributor, person.verify_key.encode(), name, device.verify_key.encode()), person
    )  # fmt: skip


def enrol(home: Home, invitation: str | None) -> str:
    """The device's token, asked for once."""
    known = home.read("token")
    if known is not None:
        return known.decode("ascii")
    if invitation is None:
        raise BadInput("this laptop is not enrolled: give the code you were invited with, or the programme's own, with "
                       "--invitation CODE")  # fmt: skip
    uplink = Uplink(home.config())
    try:
        token = uplink.enrol(invitation, certificate(home), home.config().region)
    except Unavailable as error:
        raise Unavailable(f"the collector can't be reached to enrol: {error}; nothing is recorded") from error
    finally:
        uplink.close()
    home.write(token.encode("ascii"), "token")
    return token


def policy_now(terms: Terms, uplink: Uplink) -> Policy:
    """The newest policy that is in force, checked with its proofs; the one kept here when there is no connection."""
    try:
        terms.refresh(uplink)
    except Unavailable as error:
        try:
            return terms.policy()
        except Refused:
            raise error from None
    return terms.policy()


def _display(options: Options) -> tuple[str, Path | None]:
    xauthority = os.environ.get("XAUTHORITY")
    return display_of(os.environ, options.display), Path(xauthority) if xauthority else None


def run(options: Options) -> int:
    """Runs until SIGTERM or SIGINT. 1 when the display was lost for good."""
    keep_memory_private()
    few_arenas(1, KEPT_BYTES)
    clock = SystemClock()
    display, xauthority = _display(options)
    bus = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not bus:
        raise Unavailable("there is no session bus, so no accessibility bus: log in to a desktop session")
    home = set_up(options)
    lock = home.lock()
    uplink = Uplink(home.config(), enrol(home, options.invitation))
    terms = Terms(home, clock)
    policy = policy_now(terms, uplink)
    consents = Consents(home, clock)
    spool = Spool(home.path("spool"), spool_key(home))
    sealer = Sealer(home, spool, consents.contributor, consents.device, home.key("device"))
    # Looked at once now, so that a missing bus is said at the start and not after consent.
    X11Observer(display, xauthority, bus, frozenset(policy.browsers)).close()
    indicator = TrayOrBadge(display, bus, home)
    parts = Parts(
        home, terms, terms.charter(), policy, consents, Pauses(home, clock), spool,
        Sender(home, uplink, consents, sealer, clock), indicator,
        lambda: X11Observer(display, xauthority, bus, frozenset(parts.policy.browsers)), clock,
    )  # fmt: skip
    recorder = Recorder(parts)
    page = StatusPage(recorder, spool, options.page_port, Outbox(home))
    recorder.url = page.url
    commands = Commands(recorder, clock)
    menu = Menu(commands, indicator.say)
    indicator.attach(menu)
    recorder.hotkeys = hotkeys = Hotkeys(display, recorder.settings().hotkeys, menu.press)

    def back() -> None:
        indicator.again()
        hotkeys.again()

    recorder.recording.on_back = back
    control = ControlServer(home.path("control.sock"), recorder, clock.now_us)
    stopping, watch = threading.Event(), TermsWatch(terms, Uplink(home.config()))
    look = TermsLook(terms, watch, clock)

    def stop(_number: int = 0, _frame: object = None) -> None:
        stopping.set()
        look.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    recorder.recording.on_stopped, recorder.recording.on_turn = stop, look.glance
    recorder.start()
    watch.start()
    print(json.dumps({"ready": True, "url": page.url}), flush=True)
    while True:
        look.wait()
        if stopping.is_set():
            break
        recorder.look_at_terms(watch.problem)
    lost = recorder.problem
    try:
        watch.stop()
        recorder.stop()
    finally:
        hotkeys.close()
        control.close()
        page.close()
        lock.close()
    if lost:
        raise Unavailable(f"{lost}; what was recorded is safe")
    return 0
