"""Other formats, held against their owners' own readers and types."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from anthropic.types.beta import (
    BetaComputerDoubleClickToolUseBlock,
    BetaComputerKeyToolUseBlock,
    BetaComputerLeftClickDragToolUseBlock,
    BetaComputerLeftClickToolUseBlock,
    BetaComputerMiddleClickToolUseBlock,
    BetaComputerMouseMoveToolUseBlock,
    BetaComputerRightClickToolUseBlock,
    BetaComputerScrollToolUseBlock,
    BetaComputerTripleClickToolUseBlock,
    BetaComputerTypeToolUseBlock,
    BetaComputerWaitToolUseBlock,
)
from mcap_owa.highlevel import OWAMcapReader
from openai.types.responses import ResponseComputerToolCall

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Element
from aboveboard.datasets.export import LOST, export
from aboveboard.datasets.imports import import_file
from aboveboard.datasets.schema import Episode, Step, encode_episodes, read_episodes
from aboveboard.datasets.vocabulary import KINDS

SCREEN = (1920, 1080)
SAVE = Element("push button", "Save", (100, 100, 80, 30), ("enabled",), (0, 1))
_HOW: dict[str, dict[str, Any]] = {
    "click": {"x": 120, "y": 110, "button": 1, "modifiers": ("Control",), "target": SAVE, "target_index": 0,
              "elements": (SAVE,), "path_t": (5, 9), "path_x": (10, 120), "path_y": (10, 110), "segments": ("s",)},
    "double_click": {"x": 120, "y": 110, "button": 1}, "triple_click": {"x": 120, "y": 110, "button": 1},
    "right_click": {"x": 120, "y": 110, "button": 3}, "middle_click": {"x": 120, "y": 110, "button": 2},
    "drag": {"x": 120, "y": 110, "button": 1, "end_x": 480, "end_y": 270},
    "scroll": {"x": 120, "y": 110, "dy": 3}, "type": {"text": "it's <EMAIL_1> \\ \n"}, "key": {"key": "Return"},
    "hotkey": {"key": "s", "modifiers": ("Control", "Shift")}, "hover": {"x": 120, "y": 110}, "wait": {},
    "done": {"text": "success"},
}  # fmt: skip


def _episode(name: str = "a", outcome: str = "success") -> Episode:
    """One step of every kind."""
    steps = tuple(
        Step(
            kind,
            i * 4_000_000,
            i * 4_000_000 + 1_000_000,
            "chromium",
            "https://a.example",
            (0, 60, 1920, 1020),
            **_HOW[kind],
        )
        for i, kind in enumerate(KINDS)
    )
    return Episode(name * 32, "p", "train", "Save it", outcome, (), steps)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "data").mkdir(parents=True)
    data = encode_episodes([_episode(), _episode("b", "failure")])
    (tmp_path / "in" / "data" / "train.parquet").write_bytes(data)
    return tmp_path / "in"


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_openais_own_types_take_every_call(folder: Path, tmp_path: Path) -> None:
    export("openai", folder, tmp_path / "o.jsonl", SCREEN)
    first, _ = _lines(tmp_path / "o.jsonl")
    calls = [ResponseComputerToolCall.model_validate(item, strict=True) for item in first["items"][1:]]
    said = [call.action.type for call in calls if call.action is not None]
    assert said == [
        "click",
        "double_click",
        *["click"] * 5,
        "drag",
        "scroll",
        "type",
        "keypress",
        "keypress",
        "move",
        "wait",
    ]
    assert calls[0].to_dict()["action"] == {"type": "click", "button": "left", "x": 120, "y": 110, "keys": ["CTRL"]}
    assert len({call.call_id for call in calls}) == len(calls)


_BLOCKS: tuple[Any, ...] = (
    BetaComputerLeftClickToolUseBlock, BetaComputerDoubleClickToolUseBlock, BetaComputerTripleClickToolUseBlock,
    BetaComputerRightClickToolUseBlock, BetaComputerMiddleClickToolUseBlock, BetaComputerLeftClickDragToolUseBlock,
    BetaComputerScrollToolUseBlock, BetaComputerTypeToolUseBlock, BetaComputerKeyToolUseBlock,
    BetaComputerKeyToolUseBlock, BetaComputerMouseMoveToolUseBlock, BetaComputerWaitToolUseBlock,
)  # fmt: skip


def test_anthropics_own_types_take_every_block(folder: Path, tmp_path: Path) -> None:
    export("anthropic", folder, tmp_path / "a.jsonl", SCREEN)
    messages = _lines(tmp_path / "a.jsonl")[0]["messages"]
    assert [message["role"] for message in messages] == ["user", *["assistant", "user"] * 12]
    blocks = [message["content"][0] for message in messages if message["role"] == "assistant"]
    for kind, block in zip(_BLOCKS, blocks, strict=True):
        read = kind.model_validate(block, strict=True)
        assert not (set(block["input"]) - set(type(read.input).model_fields)), "nothing that the type does not know"
    answered = [m["content"][0]["tool_use_id"] for m in messages[2::2]]
    assert answered == [block["id"] for block in blocks]


def test_agentnet_comes_back_as_it_went(folder: Path, tmp_path: Path) -> None:
    export("agentnet", folder, tmp_path / "a.jsonl", SCREEN)
    record = _lines(tmp_path / "a.jsonl")[0]
    for each in record["traj"]:
        ast.parse(each["value"]["code"])
    assert record["traj"][1]["value"]["code"] == "pyautogui.doubleClick(x=0.0625, y=0.1019)"
    back = import_file("agentnet", tmp_path / "a.jsonl", SCREEN)
    assert {each.outcome for each in back} == {"success", "failure"}
    [one] = [each for each in back if each.outcome == "success"]
    kept = ("kind", "x", "y", "end_x", "end_y", "dx", "dy", "text", "key", "modifiers")
    for was, now in zip(_episode().steps, one.steps, strict=True):
        assert {name: getattr(was, name) for name in kept} == {name: getattr(now, name) for name in kept}
    assert encode_episodes(back), "and can be mixed in"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "a.jsonl:2"),
        ('{"task_id": "1"}', "a.jsonl:2: the field 'traj' is missing"),
        (
            '{"traj": [{"value": {"code": "import os"}}, {"value": {"code": "os.system(\'x\')"}}]}',
            "system is no function",
        ),
        ('{"traj": [{"value": {"code": "pyautogui.click(x=open(1))"}}]}', "a.jsonl:2: is no AgentNet record"),
        ('{"traj": [{"value": {"code": "x = 1"}}]}', "no call of pyautogui"),
        ('{"traj": [{"value": {"code": "pyautogui.click(x=1e99, y=0)"}}]}', "no place"),
    ],
)
def test_foreign_code_is_read_and_never_run(tmp_path: Path, line: str, words: str) -> None:
    good = '{"traj": [{"value": {"code": "pyautogui.click(x=0.5, y=0.5)"}}]}'
    (tmp_path / "a.jsonl").write_text(f"{good}\n{line}\n", "utf-8")
    with pytest.raises(BadInput, match=words.replace("(", r"\(")):
        import_file("agentnet", tmp_path / "a.jsonl", SCREEN)


def test_owas_own_reader_reads_ours_and_the_steps_come_back_whole(folder: Path, tmp_path: Path) -> None:
    export("owamcap", folder, tmp_path / "o", SCREEN)
    path = tmp_path / "o" / f"{'a' * 32}.mcap"
    with OWAMcapReader(path, decode_args={"return_dict": True}) as reader:
        found = list(reader.iter_messages(topics=["mouse", "keyboard"]))
    presses = [m.decoded for m in found if m.topic == "mouse" and m.decoded["event_type"] == "click"]
    assert len(presses) == 2 * (1 + 2 + 3 + 1 + 1 + 1)
    assert [m.timestamp for m in found] == sorted(m.timestamp for m in found)
    back = import_file("owamcap", tmp_path / "o", SCREEN)
    assert back[0].steps == tuple(sorted(_episode().steps, key=lambda step: step.start_us))
    assert (back[0].flags, back[0].contributor) == (("imported",), "imported:owamcap")


def test_raw_owa_input_becomes_actions(tmp_path: Path) -> None:
    from mcap.writer import Writer

    click = {"event_type": "click", "x": 5, "y": 5, "button": "left"}
    typed = enumerate([0x48, 0x49, 0x4A, 0x08])  # h i j BackSpace
    said: list[tuple[int, str, dict[str, Any]]] = [
        (1, "mouse", {"event_type": "move", "x": 5, "y": 5}),
        *((100 + i, "mouse", {**click, "pressed": i % 2 == 0}) for i in range(4)),
        *((900 + 50 * i, "keyboard", {"event_type": "press", "vk": vk}) for i, vk in typed),
        (2000, "keyboard", {"event_type": "press", "vk": 0x11}),
        (2010, "keyboard", {"event_type": "press", "vk": 0x53}),
        (2050, "keyboard", {"event_type": "release", "vk": 0x11}),
        (2900, "mouse", {"event_type": "scroll", "x": 5, "y": 5, "dx": 0, "dy": -2}),
    ]
    with (tmp_path / "x.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start(profile="owa")
        schema = writer.register_schema("desktop/X", "jsonschema", b"{}")
        channels = {name: writer.register_channel(name, "json", schema) for name in ("mouse", "keyboard")}
        for ms, topic, message in said:
            writer.add_message(channels[topic], ms * 1_000_000, json.dumps(message).encode(), ms * 1_000_000)
        writer.finish()  # type: ignore[no-untyped-call]
    [episode] = import_file("owamcap", tmp_path / "x.mcap", SCREEN)
    assert [(s.kind, s.text or s.key, s.dy) for s in episode.steps] == [
        ("double_click", "", 0), ("type", "hi", 0), ("hotkey", "s", 0), ("scroll", "", 2), ("done", "", 0),
    ]  # fmt: skip
    (tmp_path / "x.mcap").write_bytes((tmp_path / "x.mcap").read_bytes()[:200])
    with pytest.raises(BadInput, match=r"x\.mcap"):
        import_file("owamcap", tmp_path / "x.mcap", SCREEN)


def test_browsergym_strings_are_calls_of_its_functions(folder: Path, tmp_path: Path) -> None:
    export("browsergym", folder, tmp_path / "b.jsonl", SCREEN)
    actions = _lines(tmp_path / "b.jsonl")[0]["actions"]
    calls = [node.value for text in actions for node in ast.parse(text).body if isinstance(node, ast.Expr)]
    assert len(calls) == len(actions)
    assert actions[0] == "mouse_click(120, 50, button='left')", "within the window"
    assert "keyboard_press('Control+Shift+s')" in actions


def test_lerobot_has_the_files_and_columns_of_v3(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "l"
    export("lerobot", folder, out, SCREEN)
    info = json.loads((out / "meta" / "info.json").read_text("utf-8"))
    data = pq.read_table(out / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(data.column_names) == set(info["features"])
    episodes = pq.read_table(out / "meta" / "episodes" / "chunk-000" / "file-000.parquet").to_pylist()
    assert (info["codebase_version"], info["total_frames"], len(episodes)) == ("v3.0", data.num_rows, 2)
    assert [(e["dataset_from_index"], e["dataset_to_index"]) for e in episodes] == [(0, 13), (13, 26)]
    times = np.array(data["timestamp"])
    frames = np.array(data["frame_index"])
    assert np.allclose(times, frames / info["fps"]), "LeRobot checks that frames are evenly spaced"
    assert np.array(data["action"].to_pylist())[0].tolist() == pytest.approx([0, 0.0625, 110 / 1080, -1, -1, 0, 0])


@pytest.mark.filterwarnings("ignore")  # its own
def test_hugging_face_loads_what_is_built(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    import datasets

    loaded = datasets.load_dataset(
        "parquet", data_files=str(folder / "data" / "*.parquet"), cache_dir=str(tmp_path / "c")
    )
    rows = loaded["train"]
    assert (len(rows), rows[0]["kind"], rows[0]["target"]["name"]) == (26, "click", "Save")


def test_what_is_lost_is_said_and_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    for form in LOST:
        assert export(form, folder, tmp_path / form, SCREEN) == LOST[form]
        with pytest.raises(BadInput, match="exists already"):
            export(form, folder, tmp_path / form, SCREEN)
    with pytest.raises(BadInput, match="agentnet"):
        export("csv", folder, tmp_path / "x", SCREEN)
    assert read_episodes(folder) == sorted([_episode(), _episode("b", "failure")], key=lambda e: e.episode_id)
    assert msgspec.json.encode(_episode())
