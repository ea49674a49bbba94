"""Whether a field asks for a secret by what stands in it, or whether the person wrote that there: a note that says
"answer" asks nobody for one.

Of a field are kept the words by which contents ask ("answer", "key") and that were typed there, never what stood around
them. A field that asked before anything was typed there goes on asking, and so does a line that ends as prompts do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from aboveboard.core.events import ObservedElement
from aboveboard.redact.fields import asking_words, content_asks

_FIELDS_MAX = 256


@dataclass(slots=True)
class _Known:
    """calm: it asked for nothing once; asked: by what it asked before that; typed: what would ask and was typed."""

    calm: bool = False
    asked: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)


class OwnWords:
    """Of one session. One thread."""

    def __init__(self) -> None:
        self._fields: OrderedDict[Hashable, _Known] = OrderedDict()

    def _of(self, key: Hashable) -> _Known:
        known = self._fields.setdefault(key, _Known())
        self._fields.move_to_end(key)
        if len(self._fields) > _FIELDS_MAX:
            del self._fields[next(iter(self._fields))]
        return known

    def wrote(self, key: Hashable, text: str) -> None:
        """The person typed this into the field."""
        words = asking_words(text)
        if words:
            self._of(key).typed |= words

    def seen(self, key: Hashable, element: ObservedElement, in_hand: str = "") -> ObservedElement:
        """An editable element, marked as the person's own writing where all that asks in it is. in_hand: what is being
        typed there, up to the caret; the field may show a letter or two more of it."""
        known = self._of(key)
        if not content_asks(element):
            known.calm = True
            return element
        words = asking_words(element.value)
        if not known.calm:
            known.asked |= words
        begun = in_hand.split()[-1].lower() if in_hand[-1:].strip() else ""
        others = words - known.typed - asking_words(in_hand)
        if known.asked & words or any(not begun or not word.startswith(begun) for word in others):
            return element
        return replace(element, own=True)
