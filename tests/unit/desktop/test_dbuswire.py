"""Our bytes beside those of another implementation of D-Bus: what we send it reads, what it sends we read."""

from __future__ import annotations

import pickle
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_call, new_method_return
from jeepney.low_level import MessageFlag, Parser

from aboveboard.core.errors import Unavailable
from aboveboard.desktop import dbusbody, dbuswire
from aboveboard.desktop.dbusbody import string
from aboveboard.desktop.dbuswire import Batch, Form, Wire

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
NODE = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/12")


def _idle() -> Wire:
    """A wire without a connection: only its bytes are looked at."""
    wire = Wire.__new__(Wire)
    wire._serial, wire._tails, wire._buffer = 0, {}, bytearray()
    return wire


@pytest.mark.parametrize("path", ["/", "/a", "/org/a11y/atspi/accessible/1234567", "/org/a11y/atspi/accessible/root"])
@pytest.mark.parametrize(("signature", "body", "values"), [
    ("", b"", ()), ("s", string("URI"), ("URI",)), ("u", bytes(4), (0,)),
    ("ii", bytes(4) + (4000).to_bytes(4, "little"), (0, 4000)),
])  # fmt: skip
def test_calls_are_read_by_another(path: str, signature: str, body: bytes, values: tuple[Any, ...]) -> None:
    form = Form("org.a11y.atspi.Accessible", "GetChildren", "", dbusbody.nothing, signature, body)
    data = _idle()._message((NODE[0], path), form)
    parser = Parser()
    parser.add_data(data + data)
    for _ in range(2):
        message = parser.get_next_message()
        assert message is not None
        fields = {int(code): value for code, value in message.header.fields.items()}
        assert (fields[1], fields[2], fields[3], fields[6]) == (path, form.interface, form.member, NODE[0])
        assert message.body == values
        assert message.header.message_type == MessageType.method_call


def _answer(signature: str, body: tuple[Any, ...]) -> tuple[bytes, int, str]:
    call = new_method_call(DBusAddress(NODE[1], NODE[0], "a.b"), "Get")
    call.header.serial = 3
    data = new_method_return(call, signature, body).serialise(serial=7)
    wire = _idle()
    wire._buffer += data + data[:-1]  # and another that is not whole
    [(message, kind, at, fields)] = wire._messages()
    assert kind == 2
    return message, at, str(fields[8])


@given(TEXT)
def test_strings(text: str) -> None:
    message, at, signature = _answer("s", (text,))
    assert (signature, dbusbody.to_string(message, at)) == ("s", text)
    message, at, _ = _answer("v", (("s", text),))
    assert dbusbody.from_variant(message, at) == text


@given(st.lists(st.tuples(TEXT.filter(bool), st.sampled_from(["/", "/a/b", "/org/x/1234"])), max_size=9))
def test_nodes(nodes: list[tuple[str, str]]) -> None:
    message, at, _ = _answer("a(so)", (nodes,))
    assert dbusbody.to_nodes(message, at) == nodes


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=4), st.tuples(*[st.integers(-(1 << 31), (1 << 31) - 1)] * 4))
def test_numbers(words: list[int], box: tuple[int, int, int, int]) -> None:
    message, at, _ = _answer("au", (words,))
    assert dbusbody.to_numbers(message, at) == tuple(words)
    message, at, _ = _answer("(iiii)", (box,))
    assert dbusbody.to_box(message, at) == box
    message, at, _ = _answer("v", (("i", box[0]),))
    assert dbusbody.from_variant(message, at) == box[0]


def _connected() -> tuple[Wire, socket.socket]:
    wire = _idle()
    wire._socket, other = socket.socketpair()
    return wire, other


def test_what_is_said_wants_no_answer_and_what_comes_can_be_thrown_away() -> None:
    wire, other = _connected()
    form = Form("org.freedesktop.DBus", "AddMatch", "", dbusbody.nothing, "s", string("type='signal'"))
    wire.say([(dbuswire.BUS, form), (dbuswire.BUS, form)])
    parser = Parser()
    parser.add_data(other.recv(4096))
    for _ in range(2):
        message = parser.get_next_message()
        assert message is not None
        assert message.header.flags == MessageFlag.no_reply_expected
        assert message.body == ("type='signal'",)
    assert not wire.hush(), "nothing has come"
    other.send(b"half of a mess")
    assert wire.hush()
    assert not wire.hush()
    other.close()
    with pytest.raises(Unavailable):
        wire.hush()
    wire._socket.close()


def test_answers_that_come_one_by_one_are_taken_in_together(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, other = _connected()
    n, taken = 100, []
    receive = wire._receive

    def received(deadline: float) -> None:
        receive(deadline)
        taken.append(len(wire._buffer))

    monkeypatch.setattr(wire, "_receive", received)

    def answer() -> None:
        parser = Parser()
        for serial in range(1, n + 1):
            while (call := parser.get_next_message()) is None:
                parser.add_data(other.recv(1 << 16))
            reply = new_method_return(call, "s", (str(call.header.serial),))
            other.send(reply.serialise(serial=serial))
            time.sleep(0.00001)

    thread = threading.Thread(target=answer)
    thread.start()
    form = Form("a.b", "Get", "s", dbusbody.to_string)
    assert wire.calls([((NODE[0], f"/{i}"), form) for i in range(n)]) == [str(i) for i in range(1, n + 1)]
    thread.join()
    assert len(taken) < n // 4, "woken for each"
    other.close()
    wire._socket.close()


class _Program:
    """Answers each call with what `told` has for its path, and an error for what it has not."""

    def __init__(self, other: socket.socket) -> None:
        self.other, self.told, self.serial = other, {f"/{i}": f"name {i}" for i in range(20)}, 0
        self.parser = Parser()
        self.backwards = False

    def answer(self, n: int) -> None:
        replies = []
        for _ in range(n):
            while (call := self.parser.get_next_message()) is None:
                self.parser.add_data(self.other.recv(1 << 16))
            path = str(call.header.fields[HeaderFields.path])
            found = self.told.get(path)
            reply = new_error(call, "a.b.Gone") if found is None else new_method_return(call, "s", (found,))
            self.serial += 1
            replies.append(reply.serialise(serial=self.serial))
        self.other.send(b"".join(replies[::-1] if self.backwards else replies))


def test_what_is_asked_again_is_answered_as_it_is_now_and_decoded_only_where_it_differs() -> None:
    wire, other = _connected()
    program = _Program(other)
    decoded: list[str] = []

    def decode(data: bytes, at: int) -> str:
        decoded.append(dbusbody.to_string(data, at))
        return decoded[-1]

    form = Form("a.b", "Get", "s", decode)
    batch = Batch([((NODE[0], f"/{i}"), form) for i in range(20)])

    def ask() -> list[Any]:
        decoded.clear()
        thread = threading.Thread(target=program.answer, args=(20,))
        thread.start()
        found = wire.again(batch, 5.0)
        thread.join()
        return list(found)

    told = [f"name {i}" for i in range(20)]
    assert ask() == told
    assert ask() == told
    assert decoded == []
    program.told["/7"], told[7] = "another", "another"
    program.told["/8"], told[8] = "name X", "name X"  # as long as before
    assert ask() == told
    assert decoded == ["another", "name X"]
    del program.told["/3"]
    assert ask() == [*told[:3], None, *told[4:]]
    program.told["/3"], program.backwards = "name 3", True
    assert ask() == told, "in whatever order they come"
    other.close()
    with pytest.raises(Unavailable):
        wire.again(batch, 1.0)
    wire._socket.close()


def test_an_answer_that_comes_too_late_is_none_of_the_next_time() -> None:
    wire, other = _connected()
    program = _Program(other)
    form = Form("a.b", "Get", "s", dbusbody.to_string)
    batch = Batch([((NODE[0], f"/{i}"), form) for i in range(3)])
    assert wire.again(batch, 0.02) == [None, None, None]
    program.answer(3)  # to what was asked then
    program.told["/1"] = "now"
    thread = threading.Thread(target=program.answer, args=(3,))
    thread.start()
    assert wire.again(batch, 5.0) == ["name 0", "now", "name 2"]
    thread.join()
    other.close()
    wire._socket.close()


def test_what_stood_in_fields_is_in_no_traceback_and_in_no_file() -> None:
    batch = Batch([], answers=["walrus"], data=b"walrus", messages=[b"walrus"])
    assert "walrus" not in repr(batch)
    with pytest.raises(TypeError, match="never leaves memory"):
        pickle.dumps(batch)
