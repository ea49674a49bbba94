"""As much of D-Bus as reading accessible trees needs, made for many small calls at a time.

A tree is thousands of calls of half a dozen forms. Their bytes are put together from parts that are kept, go out in one
piece, and of an answer only what was asked for is decoded. D-Bus Specification 0.43, "Message Protocol".
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import MemoryOnly
from aboveboard.desktop.dbusbody import to_string

READ_BYTES = 1 << 17
MESSAGE_BYTES_MAX = 16 << 20
ANSWER_S_MAX = 2.0
IN_FLIGHT_MAX = 512
TAILS_MAX = 1024
# Of many calls the answers come one by one; who looks at each as it comes is woken as often. Programs answer about so
# quickly: an answer that comes later is waited for all the same.
EACH_S, GATHER_S_MAX = 0.00006, 0.03
HUSHED_MAX = 256  # pieces read at a time
_CALL, _RETURN, _SIGNAL = 1, 2, 4
_NO_ANSWER = 1
_PATH, _INTERFACE, _MEMBER, _REPLY_SERIAL, _DESTINATION, _SENDER, _SIGNATURE = 1, 2, 3, 5, 6, 7, 8
_HEAD = struct.Struct("<4BIII")  # "l", type, flags, version, bytes of body, serial, bytes of header fields
_U32 = struct.Struct("<I")


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 8)


def _text_field(code: int, kind: bytes, text: str) -> bytes:
    data = text.encode()
    return _padded(bytes((code, 1)) + kind + b"\0" + _U32.pack(len(data)) + data + b"\0")


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A kind of call. signature, body: of its arguments, in bytes; answer: what comes back, "" for anything;
    decode: from (bytes, where the body begins) to the value."""

    interface: str
    member: str
    answer: str
    decode: Callable[[bytes, int], Any]
    signature: str = ""
    body: bytes = b""


Question: TypeAlias = tuple[tuple[str, str], Form]  # (bus name, path), form


@dataclass(slots=True, repr=False)
class Batch(MemoryOnly):
    """Calls that are made again and again: what goes out is put together once, and of what comes back only what differs
    from the last time is decoded. It holds what stands in fields, so it shows nothing of itself.

    answers: of the last time, None for an error. Reused only where all came in time: see `whole`.
    """

    asked: Sequence[Question]
    answers: list[Any] = field(default_factory=list)
    whole: bool = False
    data: bytes = b""
    first: int = 0  # the first call's serial; the others follow
    messages: list[bytes] = field(default_factory=list)  # as they came


@dataclass(frozen=True, slots=True)
class Signal:
    """path and sender: of what changed; detail: the body's first string, "" without one."""

    member: str
    path: str
    sender: str
    detail: str


class Wire:
    """A connection to a bus. Not for several threads at once, but for `wake`."""

    def __init__(self, address: str) -> None:
        """Raises Unavailable."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._buffer = bytearray()
        self._serial = 0
        self._tails: dict[tuple[str, Form], bytes] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._socket.settimeout(ANSWER_S_MAX)
            self._socket.connect(_socket_path(address))
            self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
            if not self._line().startswith(b"OK "):
                raise Unavailable("the accessibility bus refuses this user")
            self._socket.sendall(b"BEGIN\r\n")
            [name] = self.calls([(BUS, HELLO)])
            if name is None:
                raise Unavailable("the accessibility bus does not answer")
        except OSError as error:
            self.close()
            raise Unavailable("the accessibility bus can't be reached: is at-spi2-core running?") from error

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n") and len(line) < 256:
            piece = self._socket.recv(1)
            if not piece:
                break
            line += piece
        return line

    def close(self) -> None:
        self._socket.close()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)

    def wake(self) -> None:
        """Ends a wait for signals, from any thread."""
        os.write(self._wake_write, b"\0")

    def fileno(self) -> int:
        """Readable when something has come."""
        return self._socket.fileno()

    def wakeno(self) -> int:
        """Readable after `wake`, until `woken`."""
        return self._wake_read

    def woken(self) -> None:
        """The calls of `wake` so far have been heard."""
        os.read(self._wake_read, 4096)

    def say(self, asked: Sequence[tuple[tuple[str, str], Form]]) -> None:
        """Calls that nobody wants to be answered. Raises Unavailable when the connection is gone."""
        try:
            self._socket.settimeout(ANSWER_S_MAX)
            self._socket.sendall(b"".join(self._message(node, form, _NO_ANSWER) for node, form in asked))
        except OSError as error:
            raise Unavailable("the accessibility bus is gone") from error

    def hush(self) -> bool:
        """Throws away all that has come; whether anything had. Nothing on this connection can be understood after that,
        so it is only for one of which no more is wanted. Raises Unavailable when the connection is gone."""
        came = False
        try:
            self._socket.settimeout(0)
            for _ in range(HUSHED_MAX):
                if not self._socket.recv(READ_BYTES):
                    raise ConnectionError("closed")
                came = True
        except BlockingIOError:
            pass
        except OSError as error:
            raise Unavailable("the accessibility bus is gone") from error
        return came

    def _message(self, node: tuple[str, str], form: Form, flags: int = 0) -> bytes:
        tail = self._tails.get((node[0], form))
        if tail is None:
            tail = _text_field(_INTERFACE, b"s", form.interface) + _text_field(_MEMBER, b"s", form.member)
            tail += _text_field(_DESTINATION, b"s", node[0])
            sign = form.signature.encode()
            # An empty one is left out in most programs, but may stand; it ends the fields, whose length has no padding.
            tail += bytes((_SIGNATURE, 1)) + b"g\0" + bytes((len(sign),)) + sign + b"\0"
            if len(self._tails) > TAILS_MAX:
                self._tails.clear()
            self._tails[node[0], form] = tail
        fields = _text_field(_PATH, b"o", node[1]) + tail
        self._serial += 1
        head = _HEAD.pack(0x6C, _CALL, flags, 1, len(form.body), self._serial, len(fields))
        return _padded(head + fields) + form.body

    def calls(self, asked: Sequence[Question], s_max: float = ANSWER_S_MAX) -> list[Any]:
        """The answers in order; None for an error or for what did not answer in time.

        Raises Unavailable when the connection is gone.
        """
        answers: list[Any] = [None] * len(asked)
        waiting: dict[int, int] = {}
        deadline = time.monotonic() + s_max
        sent = 0
        try:
            while sent < len(asked) or waiting:
                if sent < len(asked) and len(waiting) < IN_FLIGHT_MAX // 2:
                    data = b""
                    while sent < len(asked) and len(waiting) < IN_FLIGHT_MAX:
                        data += self._message(*asked[sent])
                        waiting[self._serial] = sent
                        sent += 1
                    self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
                    self._socket.sendall(data)
                self._gather(len(waiting), deadline)
                self._receive(deadline)
                for data, kind, body_at, fields in self._messages():
                    place = waiting.pop(fields.get(_REPLY_SERIAL, -1), None)
                    if place is not None and kind == _RETURN:
                        form = asked[place][1]
                        if form.answer in ("", fields.get(_SIGNATURE, "")):
                            answers[place] = form.decode(data, body_at)
        except TimeoutError:
            pass
        except (OSError, struct.error, UnicodeDecodeError) as error:
            raise Unavailable("the accessibility bus is gone") from error
        return answers

    def again(self, batch: Batch, s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `calls`, for at most IN_FLIGHT_MAX calls; what the answers are is in the batch, too.

        Raises Unavailable when the connection is gone.
        """
        n = len(batch.asked)
        if not batch.whole:  # an answer that comes late is told from those of now by its serial
            batch.data = b"".join(self._message(*question) for question in batch.asked)
            batch.first = self._serial - n + 1
            batch.answers, batch.messages = [None] * n, [b""] * n
        batch.whole = False
        waiting = set(range(n))
        deadline = time.monotonic() + s_max
        try:
            self._socket.settimeout(max(s_max, 0.001))
            self._socket.sendall(batch.data)
            while waiting:
                self._gather(len(waiting), deadline)
                self._receive(deadline)
                self._compare(batch, waiting)
        except TimeoutError:
            for place in waiting:
                batch.answers[place] = None
        except (OSError, struct.error, UnicodeDecodeError) as error:
            raise Unavailable("the accessibility bus is gone") from error
        batch.whole = not waiting
        return batch.answers

    def _compare(self, batch: Batch, waiting: set[int]) -> None:
        """Takes in the whole messages here. Programs answer in order, so what is expected is mostly what comes."""
        data, at = bytes(self._buffer), 0
        n, expected = len(batch.asked), min(waiting)
        while (end := _end(data, at)) is not None:
            last = batch.messages[expected] if expected < n else b""
            # All but the sender's own serial.
            if end - at == len(last) and data[at + 12 : end] == last[12:] and data[at : at + 8] == last[:8]:
                waiting.discard(expected)
                expected += 1
            else:
                message = data[at:end]
                kind, body_at, fields = _head(message)
                place = fields.get(_REPLY_SERIAL, -1) - batch.first
                if place in waiting:
                    waiting.discard(place)
                    expected = place + 1
                    form = batch.asked[place][1]
                    right = kind == _RETURN and form.answer in ("", fields.get(_SIGNATURE, ""))
                    batch.answers[place] = form.decode(message, body_at) if right else None
                    batch.messages[place] = message
            at = end
        del self._buffer[:at]

    def _gather(self, n: int, deadline: float) -> None:
        """Sleeps while n answers are about to come."""
        if n > 1:
            time.sleep(max(min(n * EACH_S, GATHER_S_MAX, deadline - time.monotonic()), 0.0))

    def signals(self, s_max: float | None) -> list[Signal]:
        """Those that have come, waiting for the first; none after s_max (None: no bound), or at `wake`.

        Raises Unavailable when the connection is gone.
        """
        ready = select.select([self._socket.fileno(), self._wake_read], [], [], s_max)[0]
        if self._wake_read in ready:
            self.woken()
        if self._socket.fileno() not in ready:
            return []
        try:
            self._receive(time.monotonic() + ANSWER_S_MAX)
            return [
                Signal(str(fields.get(_MEMBER, "")), str(fields.get(_PATH, "")), str(fields.get(_SENDER, "")),
                       to_string(data, at) if str(fields.get(_SIGNATURE, "")).startswith("s") else "")
                for data, kind, at, fields in self._messages() if kind == _SIGNAL
            ]  # fmt: skip
        except (OSError, struct.error, UnicodeDecodeError) as error:
            raise Unavailable("the accessibility bus is gone") from error

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        piece = self._socket.recv(READ_BYTES)
        if not piece:
            raise ConnectionError("closed")
        self._buffer += piece

    def _messages(self) -> list[tuple[bytes, int, int, dict[int, Any]]]:
        """(bytes, type, where its body begins, header fields) of every whole message here."""
        out = []
        data, at = bytes(self._buffer), 0
        while (end := _end(data, at)) is not None:
            message = data[at:end]
            kind, body_at, fields = _head(message)
            out.append((message, kind, body_at, fields))
            at = end
        del self._buffer[:at]
        return out


def _end(data: bytes, at: int) -> int | None:
    """Of the message that begins there; None while it is not whole. Raises ConnectionError."""
    if at + 16 > len(data):
        return None
    little, _, _, _, body, _, fields = _HEAD.unpack_from(data, at)
    if little != 0x6C or body > MESSAGE_BYTES_MAX or fields > MESSAGE_BYTES_MAX:
        raise ConnectionError("not a message")
    end: int = at + 16 + fields + -fields % 8 + body
    return end if end <= len(data) else None


def _head(message: bytes) -> tuple[int, int, dict[int, Any]]:
    """(type, where its body begins, header fields)."""
    _, kind, _, _, _, _, fields = _HEAD.unpack_from(message, 0)
    return kind, 16 + fields + -fields % 8, _fields(message, 16 + fields)


def _socket_path(address: str) -> str:
    """Of the first unix address in "unix:path=...,guid=...;..."."""
    for each in address.split(";"):
        if each.startswith("unix:"):
            values = dict(part.split("=", 1) for part in each.removeprefix("unix:").split(",") if "=" in part)
            if "path" in values:
                return values["path"]
            if "abstract" in values:
                return "\0" + values["abstract"]
    raise Unavailable(f"the bus address {address!r} is no local socket")


def _fields(message: bytes, end: int) -> dict[int, Any]:
    """Header fields by code: numbers and strings, which all of them are."""
    found: dict[int, Any] = {}
    at = 16
    while at < end:
        code, kind = message[at], message[at + 2]
        at += 4
        if kind == 0x75:  # u
            found[code] = _U32.unpack_from(message, at)[0]
            at += 4
        elif kind == 0x67:  # g
            n = message[at]
            found[code] = message[at + 1 : at + 1 + n].decode()
            at += 2 + n
        else:  # s, o
            (n,) = _U32.unpack_from(message, at)
            found[code] = message[at + 4 : at + 4 + n].decode()
            at += 5 + n
        at += -at % 8
    return found


BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
HELLO = Form("org.freedesktop.DBus", "Hello", "s", to_string)
