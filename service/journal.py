"""Registers that only grow: one JSON object a line, each act with who, when and why."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.folders import hold
from law.files import write_atomically
from service.errors import JournalDamagedError

Act = Mapping[str, Any]


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Every act in its order; empty where there is none yet.

    Raises
    ------
    JournalDamagedError
        A line is not what was written.
    """
    if not path.is_file():
        return []
    acts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            act = json.loads(line)
        except ValueError:
            act = None
        if not isinstance(act, dict):
            raise JournalDamagedError(path, line=number)
        acts.append(act)
    return acts


def append_act(path: Path, make: Callable[[Sequence[Act]], Act]) -> dict[str, Any]:
    """Add the act that `make` returns for all acts so far; nothing when it raises.

    `make` runs while nobody else may write, so what it checks still holds when its act is added.
    """
    with hold(path.parent):
        acts = read_journal(path)
        act = dict(make(acts))
        lines = [json.dumps(one, ensure_ascii=False) for one in (*acts, act)]
        write_atomically(path, ("\n".join(lines) + "\n").encode("utf-8"))
    return act
