"""一单两库: the list of items, the library of objects, the library of inspectors, in editions."""

from scoring.double_random.libraries.editions import (
    EditionRecord,
    compare_editions,
    read_record,
)
from scoring.double_random.libraries.frozen import (
    FROZEN_CHANGES,
    FROZEN_RECORD,
    FrozenLibraries,
    Held,
    HeldEdition,
    check_frozen,
    freeze_libraries,
    frozen_name,
)
from scoring.double_random.libraries.ready import Readiness, find_unready, hand_in_tables
from scoring.double_random.libraries.shapes import (
    GENERAL,
    LIBRARIES,
    check_items,
    check_people,
    read_library,
)

__all__ = [
    "FROZEN_CHANGES",
    "FROZEN_RECORD",
    "GENERAL",
    "LIBRARIES",
    "EditionRecord",
    "FrozenLibraries",
    "Held",
    "HeldEdition",
    "Readiness",
    "check_frozen",
    "check_items",
    "check_people",
    "compare_editions",
    "find_unready",
    "freeze_libraries",
    "frozen_name",
    "hand_in_tables",
    "read_library",
    "read_record",
]
