"""Records as people write them: YAML, checked with file, line and field in every error. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import yaml

from aboveboard.core.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)
VALUES_MAX = 20_000
DEPTH_MAX = 32
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_PLAIN = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}


class Lines:
    """Where each field of one text stands."""

    def __init__(self, text: str, filename: str, size_max: int) -> None:
        """value: plain dicts, lists and scalars. Raises BadInput with file and line for what is no list of fields."""
        if len(text) > size_max:
            raise BadInput(f"is over {size_max} characters", filename)
        self._filename = filename
        self._lines: dict[str, int] = {}
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BadInput(f"is not YAML: {error.problem}", f"{filename}:{line}") from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise BadInput(f"has a character that YAML does not allow (#{error.character:x})", f"{filename}:{line}"
                           ) from error  # fmt: skip
        except (yaml.YAMLError, RecursionError) as error:
            raise BadInput("is not YAML, or nests too deep", f"{filename}:1") from error
        if not isinstance(node, yaml.MappingNode):
            raise BadInput("is not a list of fields", f"{filename}:1")
        self.value: dict[str, Any] = _Reader(filename, self._lines).plain(node)

    def where(self, field: str) -> str:
        """ "file:line: field"; the line of what holds the field when the field itself is not there."""
        known = field
        while known and known not in self._lines:
            known = known[: max(known.rfind("."), known.rfind("["), 0)]
        return f"{self._filename}:{self._lines.get(known, 1)}: {field}" if field else self._filename

    def convert(self, kind: type[T], maps: Mapping[str, Any]) -> T:
        """maps: the fields that are maps, with their types, so that an error can name the entry. Raises BadInput."""
        try:
            return msgspec.convert(self.value, kind)
        except msgspec.ValidationError as error:
            # "... - at `$.regions[0]`", or "... - at `key` in `$.categories`" for the name of a map's entry
            what, _, path = str(error).partition(" - at `")
            field = path.removeprefix("key` in `").rstrip("`").lstrip("$.")
            field += "[...]" if path.startswith("key`") else ""
            for name, type_ in maps.items():
                if field.startswith(f"{name}[...]"):
                    field = field.replace("[...]", f".{_bad_entry(self.value.get(name), type_)}")
            named = what.split("`")[1] if what.count("`") >= 2 else ""
            if named and ("unknown field" in what or "required field" in what):
                field = f"{field}.{named}" if field else named
            raise BadInput(what, self.where(field or named)) from error


def _bad_entry(value: object, kind: Any) -> str:
    """The converter says "some value of the map"; this says which."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        try:
            msgspec.convert({name: inner}, kind)
        except msgspec.ValidationError:
            return str(name)
    return ""


class _Reader:
    """From YAML's nodes to plain values, noting each field's line. Refuses tags that make objects, and bounds what
    aliases could blow up: ten lines of them can say a billion values."""

    def __init__(self, filename: str, lines: dict[str, int]) -> None:
        self._filename, self._lines = filename, lines
        self._left = VALUES_MAX

    def _refuse(self, what: str, node: yaml.Node, path: str) -> BadInput:
        return BadInput(what, f"{self._filename}:{node.start_mark.line + 1}: {path}".removesuffix(": "))

    def plain(self, node: yaml.Node, path: str = "", depth: int = 0) -> Any:
        """Raises BadInput."""
        self._left -= 1
        if self._left < 0:
            raise self._refuse(f"says over {VALUES_MAX} values", node, path)
        if depth > DEPTH_MAX:
            raise self._refuse(f"nests over {DEPTH_MAX} deep, or refers to itself", node, path)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._map(node, path, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            for index, item in enumerate(node.value):
                self._lines[f"{path}[{index}]"] = item.start_mark.line + 1
            return [self.plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _map(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refuse("a field's name has to be a word", key_node, path)
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            if key in out:
                raise self._refuse("is given twice", key_node, inner)
            self._lines[inner] = key_node.start_mark.line + 1
            out[key] = self.plain(value_node, inner, depth + 1)
        return out

    def _scalar(self, node: yaml.Node, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _PLAIN:
            raise self._refuse("has to be a word, a text or a whole number", node, path)
        if node.tag == "tag:yaml.org,2002:int":
            # YAML 1.1 and 1.2 read 010 and 1_0 differently, and the workers' reader may be either.
            if not _DECIMAL.fullmatch(node.value):
                raise self._refuse("is not a whole number in plain digits", node, path)
            return int(node.value)
        if node.tag == "tag:yaml.org,2002:bool":
            return node.value.lower() in ("true", "yes", "on")
        return node.value  # dates stay text: they are checked as such
