"""After the draw: results entered by who checked, conclusions, deadlines, follow-ups, return."""

from scoring.double_random.visits.acts import (
    ACTS_VERSION,
    Act,
    FollowUpKey,
    ItemKey,
    ResultRow,
    followed_days,
    next_act,
    published_days,
    read_acts,
    results_of,
    rows_of,
    write_acts,
)
from scoring.double_random.visits.board import Board, conclude, make_board
from scoring.double_random.visits.due import due_items
from scoring.double_random.visits.entering import Entry, check_entry, items_to_publish
from scoring.double_random.visits.follow_ups import (
    FOLLOW_UP_STATES,
    find_follow_ups,
    follow_ups_to_tick,
)
from scoring.double_random.visits.returned import SOURCE, returned_file

__all__ = [
    "ACTS_VERSION",
    "FOLLOW_UP_STATES",
    "SOURCE",
    "Act",
    "Board",
    "Entry",
    "FollowUpKey",
    "ItemKey",
    "ResultRow",
    "check_entry",
    "conclude",
    "due_items",
    "find_follow_ups",
    "follow_ups_to_tick",
    "followed_days",
    "items_to_publish",
    "make_board",
    "next_act",
    "published_days",
    "read_acts",
    "results_of",
    "returned_file",
    "rows_of",
    "write_acts",
]
