"""Records as people write them: YAML, checked with file, line and field in every error. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import yaml

from aboveboard.core.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)
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
            raise BadInput("is not YAML", filename) from error
        if not isinstance(node, yaml.MappingNode):
            raise BadInput("is not a list of fields", f"{filename}:1")
        self.value: dict[str, Any] = _plain(node, "", self._lines, filename, set())

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
            what, _, path = str(error).partition(" - at `$")
            field = path.rstrip("`").lstrip(".")
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


def _plain(node: yaml.Node, path: str, lines: dict[str, int], filename: str, above: set[int]) -> Any:
    """The node as plain values, noting each field's line. Refuses aliases that loop and tags that make objects."""
    if id(node) in above:
        raise BadInput("refers to itself", f"{filename}:{node.start_mark.line + 1}: {path}")
    above = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            if key in out:
                raise BadInput("is given twice", f"{filename}:{key_node.start_mark.line + 1}: {inner}")
            lines[inner] = key_node.start_mark.line + 1
            out[key] = _plain(value_node, inner, lines, filename, above)
        return out
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[f"{path}[{index}]"] = item.start_mark.line + 1
        return [_plain(item, path, lines, filename, above) for item in node.value]
    if node.tag not in _PLAIN:
        raise BadInput("has to be a word, a text or a whole number", f"{filename}:{node.start_mark.line + 1}: {path}")
    if node.tag == "tag:yaml.org,2002:int":
        try:
            return int(node.value)
        except ValueError as error:
            raise BadInput("is not a whole number", f"{filename}:{node.start_mark.line + 1}: {path}") from error
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    return node.value  # dates stay text: they are checked as such
