"""The key-supervision list (重点监管对象清单): propose, confirm, notify, review, leave.

The door of ``docs/measures.md``, section on the list. Every act is a person's; the software only
proposes.
"""

from scoring.key_supervision.notices import notice_page
from scoring.key_supervision.proposals import propose_objects
from scoring.key_supervision.register import (
    CONFIRM,
    KEEP,
    LEAVE,
    NOTIFY,
    REJECT,
    SERVE,
    Act,
    KeyObject,
    append_acts,
    due_for_review,
    fold,
    last_edition,
    listed,
    read_acts,
)
from scoring.key_supervision.reports import key_supervision_workbook

__all__ = [
    "CONFIRM",
    "KEEP",
    "LEAVE",
    "NOTIFY",
    "REJECT",
    "SERVE",
    "Act",
    "KeyObject",
    "append_acts",
    "due_for_review",
    "fold",
    "key_supervision_workbook",
    "last_edition",
    "listed",
    "notice_page",
    "propose_objects",
    "read_acts",
]
