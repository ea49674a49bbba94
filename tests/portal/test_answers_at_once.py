"""An answer isn't held back: without TCP_NODELAY each waits some 40 ms for the acknowledgement of its own headers."""

from __future__ import annotations

import asyncio
import socket

from aboveboard.serve import listen


def test_connections_of_the_server_do_not_wait_to_send() -> None:
    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def on_connection(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ours = writer.get_extra_info("socket")
            found.set_result(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        bound = listen("127.0.0.1", 0)
        async with await asyncio.start_server(on_connection, sock=bound):
            _, writer = await asyncio.open_connection(*bound.getsockname())
            answer = await found
            writer.close()
            return answer

    assert asyncio.run(accepted()) != 0
