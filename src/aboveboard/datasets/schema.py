"""One row of a dataset is one step of an episode: the Parquet columns, and the same as frozen values.

    column         type            what it holds
    episode_id     string          32 hex digits, different in every dataset
    step           int32           0, 1, 2 ... within the episode
    contributor    string          pseudonym, different in every dataset; no split shares one with another
    split          string          "train", "test", ... as the spec names them
    instruction    string          what the contributor said they were doing; "" when they didn't say
    outcome        string          "success", "failure" or "" (not said)
    episode_flags  list<string>    what is doubtful about the whole episode, see EPISODE_FLAGS
    kind           string          one of KINDS
    start_us       int64           µs from the start of the episode: no hour of the day is in a dataset
    end_us         int64           likewise, >= start_us
    app, site      string          the application (lower-case WM_CLASS), the page's origin or null
    window         list<int32>     x, y, width, height of the window on the screen; empty when not known
    x, y           int32           screen pixels; null for kinds without a place
    window_x/_y    int32           the same place within the window; null where either is not known
    button         int32           1 left, 2 middle, 3 right; 0 for kinds without a button
    end_x, end_y   int32           where a drag ends; null otherwise
    dx, dy         int32           notches of a scroll run, dy > 0 is down
    text           string          what was typed, with placeholders, or "<SECRET>"; "done": the outcome
    key            string          X keysym name of a key or hotkey
    modifiers      list<string>    held: "Control", "Shift", ...
    target         struct?         the element acted on, in the tree as it was before the action
    target_index   int32           its place in `elements`, -1 when it is not among them
    elements       list<struct>    what was visible before the action: role, name, box (x, y, w, h), states, path
    path_t/x/y     list            pointer samples since the action before, until its button is up: µs from the
                                   episode's start, pixels
    frame          struct?         the screen before the action at a quarter of its size, nothing in it to read: bytes
                                   (WebP) and path (null), as Hugging Face's Image has it
    frame_box      list<int32>     x, y, width, height of what it shows on the screen; empty without one
    crop           struct?         what was acted on, sharp, grey where masked; likewise
    crop_box       list<int32>     likewise
    flags          list<string>    what is doubtful about this step, see STEP_FLAGS
    segments       list<string>    IDs of the sealed segments this row was made from; manifest.json explains each. Of
                                   "done": where the contributor's own words are, marks and correction

The bytes are a function of the episodes and of pyarrow's version, which the file names: fixed codec, no clock, rows
sorted.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.core.errors import BadInput, Corrupt, Refused
from aboveboard.core.events import Element
from aboveboard.datasets.arrays import ELEMENT, PICTURE, array_of
from aboveboard.datasets.pictures import Picture
from aboveboard.datasets.rows import values_in
from aboveboard.datasets.vocabulary import KINDS

SCHEMA_VERSION = 1
EPISODE_FLAGS: Final = (
    "interrupted",  # a gap ended it
    "unfinished",  # the recording ended before the contributor said stop
    "undeclared",  # no start mark: cut by idle time or change of window
    "no_target",  # a pointer action hit no known element
    "secret",  # something typed was withheld
    "imported",  # public data of another format, recorded under no consent of ours
    "interrupted_gesture",  # a press without its release was dropped
    "corrected",  # the contributor has said better since what they were doing
)
STEP_FLAGS: Final = (
    "no_scene",  # the tree before the action is not known
    "target_guessed",  # the recorder named no element: hit-tested in the scene
    "target_not_in_scene",  # the element acted on is not among `elements`
    "crop_withheld",  # what was acted on could not be masked well enough to be shown
)
STEPS_MAX = 100_000  # an episode longer than this is no episode
ROWS_A_GROUP = 4096
MARK = "superseded.json"  # beside manifest.json of a dataset that must not be used any more


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action with what was visible before it; columns as in the module's table."""

    kind: str
    start_us: int
    end_us: int
    app: str = ""
    site: str | None = None
    window: tuple[int, ...] = ()
    x: int | None = None
    y: int | None = None
    window_x: int | None = None
    window_y: int | None = None
    button: int = 0
    end_x: int | None = None
    end_y: int | None = None
    dx: int = 0
    dy: int = 0
    text: str = ""
    key: str = ""
    modifiers: tuple[str, ...] = ()
    target: Element | None = None
    target_index: int = -1
    elements: tuple[Element, ...] = ()
    path_t: tuple[int, ...] = ()
    path_x: tuple[int, ...] = ()
    path_y: tuple[int, ...] = ()
    frame: Picture | None = None
    frame_box: tuple[int, ...] = ()
    crop: Picture | None = None
    crop_box: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


class Episode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attempt at one thing, by one person, without a hole in it."""

    episode_id: str
    contributor: str
    split: str
    instruction: str
    outcome: str
    flags: tuple[str, ...]
    steps: tuple[Step, ...]


_STRINGS = pa.list_(pa.string())
_COLUMNS: Final = pa.schema([
    pa.field("episode_id", pa.string(), nullable=False), pa.field("step", pa.int32(), nullable=False),
    pa.field("contributor", pa.string(), nullable=False), pa.field("split", pa.string(), nullable=False),
    pa.field("instruction", pa.string(), nullable=False), pa.field("outcome", pa.string(), nullable=False),
    pa.field("episode_flags", _STRINGS, nullable=False), pa.field("kind", pa.string(), nullable=False),
    pa.field("start_us", pa.int64(), nullable=False), pa.field("end_us", pa.int64(), nullable=False),
    pa.field("app", pa.string(), nullable=False), pa.field("site", pa.string()),
    pa.field("window", pa.list_(pa.int32()), nullable=False), pa.field("x", pa.int32()), pa.field("y", pa.int32()),
    pa.field("window_x", pa.int32()), pa.field("window_y", pa.int32()),
    pa.field("button", pa.int32(), nullable=False), pa.field("end_x", pa.int32()), pa.field("end_y", pa.int32()),
    pa.field("dx", pa.int32(), nullable=False), pa.field("dy", pa.int32(), nullable=False),
    pa.field("text", pa.string(), nullable=False), pa.field("key", pa.string(), nullable=False),
    pa.field("modifiers", _STRINGS, nullable=False), pa.field("target", ELEMENT),
    pa.field("target_index", pa.int32(), nullable=False), pa.field("elements", pa.list_(ELEMENT), nullable=False),
    pa.field("path_t", pa.list_(pa.int64()), nullable=False), pa.field("path_x", pa.list_(pa.int32()), nullable=False),
    pa.field("path_y", pa.list_(pa.int32()), nullable=False),
    pa.field("frame", PICTURE), pa.field("frame_box", pa.list_(pa.int32()), nullable=False),
    pa.field("crop", PICTURE), pa.field("crop_box", pa.list_(pa.int32()), nullable=False),
    pa.field("flags", _STRINGS, nullable=False), pa.field("segments", _STRINGS, nullable=False),
])  # fmt: skip


def _feature(kind: pa.DataType) -> object:
    """A column as Hugging Face `datasets` names it in a file's own metadata, so that pictures are decoded as such."""
    if kind.equals(PICTURE):
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind), "_type": "Value"}


def _leaves(fields: Iterable[pa.Field], above: str = "") -> Iterator[str]:
    """Columns as Parquet names them."""
    for field in fields:
        name, kind = f"{above}{field.name}", field.type
        while pa.types.is_list(kind):
            name, kind = f"{name}.list.element", kind.value_type
        if pa.types.is_struct(kind):
            yield from _leaves(kind, f"{name}.")
        else:
            yield name


_HUGGING_FACE = {"info": {"features": {field.name: _feature(field.type) for field in _COLUMNS}}}
SCHEMA: Final = _COLUMNS.with_metadata(
    {b"aboveboard_schema": str(SCHEMA_VERSION).encode(), b"huggingface": msgspec.json.encode(_HUGGING_FACE)}
)
# Paths go on as they went: their differences are small, and no value comes often enough for a dictionary.
_RUNS: Final = {f"path_{axis}.list.element": "DELTA_BINARY_PACKED" for axis in "txy"}
_WORDS: Final = [name for name in _leaves(SCHEMA) if name not in _RUNS]
_EPISODE_COLUMNS: Final = ("episode_id", "step", "contributor", "split", "instruction", "outcome", "episode_flags")


def table_of(*episodes: Episode) -> pa.Table:
    """Their rows, one after another, as SCHEMA has them: of several at once, since a column costs more than its values.
    Raises BadInput for an action of unknown kind."""
    steps = [step for episode in episodes for step in episode.steps]
    if unknown := {step.kind for step in steps}.difference(KINDS):
        names = ", ".join(sorted(unknown))
        of = next(episode.episode_id for episode in episodes if any(step.kind in unknown for step in episode.steps))
        raise BadInput(f"episode {of} has actions of unknown kind: {names}")
    arrays = []
    for field in SCHEMA:
        if field.name == "step":
            arrays.append(pa.array([n for episode in episodes for n in range(len(episode.steps))], field.type))
        elif field.name in _EPISODE_COLUMNS:
            name = "flags" if field.name == "episode_flags" else field.name
            values = [getattr(episode, name) for episode in episodes for _ in episode.steps]
            arrays.append(array_of(values, field.type))
        else:
            arrays.append(array_of([getattr(step, field.name) for step in steps], field.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _with(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    place = SCHEMA.get_field_index(name)
    return table.set_column(place, SCHEMA.field(place), pa.array(values, SCHEMA.field(place).type))


def with_split(table: pa.Table, split: str) -> pa.Table:
    return _with(table, "split", [split] * table.num_rows)


def with_correction(table: pa.Table, instruction: str, segment: str) -> pa.Table:
    """One episode's rows as the contributor says it now; segment: in which. It is a source of the last row, which holds
    the segments of their marks."""
    flags = sorted({*table["episode_flags"][0].as_py(), "corrected"})
    table = _with(table, "instruction", [instruction] * table.num_rows)
    table = _with(table, "episode_flags", [flags] * table.num_rows)
    *others, said = table["segments"].to_pylist()
    return _with(table, "segments", [*others, sorted({*said, segment})])


def write_tables(out: IO[bytes], tables: Iterable[pa.Table]) -> None:
    """One Parquet file of episodes, a table each, sorted by ID; two row groups and one episode are in memory: while one
    is packed the next is read.

    Raises BadInput for an episode given twice or out of order.
    """
    packing: Future[None] | None = None
    with (
        pq.ParquetWriter(
            out, SCHEMA, compression="zstd", compression_level=6, version="2.6", use_dictionary=_WORDS,
            column_encoding=_RUNS,
        ) as writer,
        ThreadPoolExecutor(1, "packing") as hand,
    ):  # fmt: skip
        for group in _groups(tables):
            if packing is not None:
                packing.result()
            packing = hand.submit(writer.write_table, group)
        if packing is not None:
            packing.result()


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Of ROWS_A_GROUP rows, the last of fewer; an empty one when there are none. Raises BadInput as write_tables."""
    waiting = [SCHEMA.empty_table()]
    rows, last = 0, ""
    for table in tables:
        name = table["episode_id"][0].as_py()
        if name <= last:
            raise BadInput(f"episode {name} is given twice or out of order")
        last = name
        waiting.append(table)
        rows += table.num_rows
        if rows >= ROWS_A_GROUP:
            together = pa.concat_tables(waiting)
            whole = rows - rows % ROWS_A_GROUP
            for begun in range(0, whole, ROWS_A_GROUP):
                yield together.slice(begun, ROWS_A_GROUP).combine_chunks()
            waiting, rows = [together.slice(whole).combine_chunks()], rows - whole
    if rows or not last:
        yield pa.concat_tables(waiting).combine_chunks()


def write_episodes(out: IO[bytes], episodes: Iterable[Episode]) -> None:
    """As write_tables. Raises BadInput for an action of unknown kind too."""
    write_tables(out, map(table_of, episodes))


def encode_episodes(episodes: Iterable[Episode]) -> bytes:
    """The bytes of one Parquet file, sorted by episode and step. Raises BadInput as write_episodes."""
    out = io.BytesIO()
    write_episodes(out, sorted(episodes, key=lambda episode: episode.episode_id))
    return out.getvalue()


def read_episodes(path: Path, *, marked: bool = False) -> list[Episode]:
    """The episodes of one Parquet file, or of all under `path`/data or `path`, sorted by split and ID.

    Raises BadInput when there is no file, Corrupt when one can't be read or has other columns or broken episodes,
    Refused when it is marked as superseded, unless `marked` says that this is known.
    """
    if path.is_dir():
        if not marked and (path / MARK).exists():
            raise Refused(
                "superseded", f"{path} is marked in {MARK}: somebody in it has withdrawn; use the one made since"
            )
        files = sorted((path / "data").glob("*.parquet")) or sorted(path.glob("*.parquet"))
        if not files:
            raise BadInput("holds no data/*.parquet: is it a dataset made by `aboveboard dataset build`?", str(path))
    elif path.is_file():
        files = [path]
    else:
        raise BadInput("does not exist", str(path))
    episodes = [episode for file in files for episode in decode_episodes(file.read_bytes(), str(file))]
    return sorted(episodes, key=lambda episode: (episode.split, episode.episode_id))


def decode_episodes(data: bytes, name: str) -> list[Episode]:
    """The episodes in one Parquet file's bytes. Raises Corrupt naming the file."""
    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Corrupt(f"{name} is no readable Parquet file: {error}") from error
    if not table.schema.equals(SCHEMA):
        raise Corrupt(f"{name} has other columns than this version of Aboveboard writes (schema {SCHEMA_VERSION})")
    try:
        return list(_episodes(table))
    except Corrupt as error:
        raise Corrupt(f"{name} holds a broken episode: {error}") from error


def _episodes(table: pa.Table) -> Iterator[Episode]:
    """In the order of their first rows; each one's rows may lie apart. Raises Corrupt."""
    heads: dict[str, Episode] = {}
    steps: dict[str, list[Step]] = {}
    for batch in table.to_batches():
        about = zip(*(values_in(batch.column(name)) for name in _EPISODE_COLUMNS), strict=True)
        done = map(Step, *(values_in(batch.column(name)) for name in Step.__struct_fields__))
        for (name, number, contributor, split, instruction, outcome, flags), step in zip(about, done, strict=True):
            head = Episode(name, contributor, split, instruction, outcome, flags, ())
            if heads.setdefault(name, head) != head:
                raise Corrupt(f"the rows of {name} disagree about their episode")
            known = steps.setdefault(name, [])
            if number != len(known) or number >= STEPS_MAX:
                raise Corrupt(f"the steps of {name} are not 0, 1, 2 ...")
            known.append(step)
    for name, head in heads.items():
        yield msgspec.structs.replace(head, steps=tuple(steps[name]))
