"""What a person does in each task: the only files that know single tasks. Nothing of it reaches the policy."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Script
from aboveboard.learn.tasks.scripts import buttons, dates, drags, forms, lists, mail, menus, reading, social, tabs, text

SCRIPTS: dict[str, Script] = {
    **buttons.SCRIPTS, **dates.SCRIPTS, **drags.SCRIPTS, **forms.SCRIPTS, **lists.SCRIPTS, **mail.SCRIPTS,
    **menus.SCRIPTS, **reading.SCRIPTS, **social.SCRIPTS, **tabs.SCRIPTS, **text.SCRIPTS,
}  # fmt: skip
