"""What codes of measures are called on screen, Chinese and English."""

import law
from scoring.measures.rules import UNCONFIRMED_ZH

Pair = tuple[str, str]
SECTORS: dict[str, Pair] = {
    "general": ("通用", "general"),
    "food": ("食品", "food"),
    "special_equipment": ("特种设备", "special equipment"),
}
# States of an object of key supervision, in the order of its life.
KEY_STATES: dict[str, Pair] = {
    "proposed": ("待确认", "waiting"),
    "listed": ("在列", "on the list"),
    "rejected": ("不予列入", "rejected"),
    "left": ("已移出", "left"),
}
_SUFFIX = f"（{UNCONFIRMED_ZH}）"


def code_pair(table: str, code: str) -> Pair:
    """The labels of a code; the code itself where the table lacks it."""
    found = law.codes(table).get(code)
    return (found.zh, found.en) if found else (code, "")


def state_pair(state: str) -> Pair:
    """What a state of the key-supervision list is called."""
    return KEY_STATES[state]


def ground_parts(ground: str) -> tuple[str, bool]:
    """The act behind a value without its mark, and whether it awaits legal review."""
    return ground.removesuffix(_SUFFIX), ground.endswith(_SUFFIX)
