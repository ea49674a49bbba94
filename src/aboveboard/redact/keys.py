"""What a key press is: an edit of text, a named key, a shortcut, or something we can't follow."""

from __future__ import annotations

from aboveboard.core.events import KeyEdge
from aboveboard.redact.words import word_set

_MODIFIERS = word_set(
    "Shift_L Shift_R Control_L Control_R Alt_L Alt_R Meta_L Meta_R Super_L Super_R Hyper_L Hyper_R Caps_Lock"
    " Shift_Lock Num_Lock"
    " Scroll_Lock ISO_Level3_Shift ISO_Level5_Shift Mode_switch ISO_Next_Group ISO_Prev_Group"
    # A dead key or Compose in a sequence that the source follows: the key that ends it has the text.
    " composing"
)
# Keys that never stand for a character; everything else without a character is dropped.
_NAMED = word_set(
    "Return KP_Enter Tab ISO_Left_Tab Escape Up Down Left Right Home End Prior Next Page_Up Page_Down Begin Insert"
    " Delete BackSpace Menu Print Pause Break Help Undo Redo Find Cancel Clear"
) | {f"F{n}" for n in range(1, 36)}
_KEYPAD = {
    f"KP_{name}": name
    for name in word_set("Up Down Left Right Home End Prior Next Page_Up Page_Down Insert Delete Begin")
}
EDITING = word_set("Left Right Home End BackSpace Delete Insert")
WITHIN = word_set("Up Down Prior Next Page_Up Page_Down Begin")  # they move the caret too, in most fields
_COMMAND = frozenset({"Control", "Alt", "Super"})
# With Control: they change or reveal what a field holds.
_EDITING_SHORTCUTS = word_set("a c x v z y u insert backspace delete left right home end")
# The same at a terminal's prompt and in Emacs-like fields; elsewhere they are commands.
_LINE_SHORTCUTS = word_set("b d e f h k t u w")
_COMPOSING = (
    "dead_",
    "Multi_key",
    "Hangul",
    "Kana",
    "Hiragana",
    "Katakana",
    "Henkan",
    "Muhenkan",
    "Kanji",
    "Eisu",
    "Zenkaku",
    "Codeinput",
    "Romaji",
)


def name_of(edge: KeyEdge) -> str:
    """The key's name; keypad arrows and the like go by their plain names."""
    return _KEYPAD.get(edge.key, edge.key)


def is_modifier(edge: KeyEdge) -> bool:
    return edge.key in _MODIFIERS


def is_shortcut(edge: KeyEdge) -> bool:
    return bool(edge.modifiers & _COMMAND)


def is_named(edge: KeyEdge) -> bool:
    return name_of(edge) in _NAMED or edge.key.startswith("XF86")


def is_character(edge: KeyEdge) -> bool:
    """It types something printable into a field."""
    return bool(edge.text) and not is_shortcut(edge) and not is_named(edge) and edge.text.isprintable()


def is_editing_shortcut(edge: KeyEdge) -> bool:
    return edge.modifiers & _COMMAND == {"Control"} and name_of(edge).lower() in _EDITING_SHORTCUTS


def is_line_shortcut(edge: KeyEdge) -> bool:
    """With Control or Alt: an edit where a secret is asked for at a prompt."""
    return edge.modifiers & _COMMAND in ({"Control"}, {"Alt"}) and edge.key.lower() in _LINE_SHORTCUTS


def moves_focus(edge: KeyEdge) -> bool:
    """A named key or shortcut after which another field may have the keyboard."""
    if is_shortcut(edge):
        return not is_editing_shortcut(edge)
    return name_of(edge) not in EDITING | WITHIN


def is_paste(edge: KeyEdge) -> bool:
    control = "Control" in edge.modifiers and "Alt" not in edge.modifiers
    return (control and edge.key in ("v", "V")) or (
        "Shift" in edge.modifiers and name_of(edge) == "Insert" and not control
    )


def is_composing(edge: KeyEdge) -> bool:
    """Dead keys, Compose, input methods, code points (Control+Shift+U): the text that results is not known here."""
    return edge.key.startswith(_COMPOSING) or ({"Control", "Shift"} <= edge.modifiers and edge.key in ("u", "U"))
