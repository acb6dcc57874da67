"""Files of the office's grading rules: a version is written once, its acts go to the history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from law.files import write_atomically
from scoring.errors import RuleStateError
from scoring.grading import GradingPolicy
from scoring.grading.cut_offs import CutOffVersion
from scoring.grading.rule_history import in_force
from service.journal import read_journal
from service.settings import Settings

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class RuleVersion:
    """One file of ``grading_rules/``; `cut_offs_version` None keeps the model's own."""

    version: str
    by: str
    at: str
    reason: str
    cut_offs_version: str | None
    changes: Mapping[str, Any]


def history_path(settings: Settings) -> Path:
    """Where the acts on the rules stand."""
    return settings.grading_rules_dir / HISTORY


def read_acts(settings: Settings) -> list[dict[str, Any]]:
    """Every act on every version, oldest first."""
    return read_journal(history_path(settings))


def read_version(settings: Settings, version: str) -> RuleVersion:
    """A version of the rules.

    Raises
    ------
    RuleStateError
        Its file is damaged.
    """
    return RuleVersion(**_read(settings.grading_rules_dir / f"{version}.json"))


def read_cut_offs(settings: Settings, version: str) -> CutOffVersion:
    """A version of the cut-offs.

    Raises
    ------
    RuleStateError
        Its file is damaged.
    scoring.errors.CutOffsError
        Its bounds are out of order.
    """
    path = settings.cut_offs_dir / f"{version}.json"
    content = _read(path)
    try:
        return CutOffVersion.from_dict(content)
    except (KeyError, TypeError) as error:
        raise _damaged(path, error) from None


def write_version(settings: Settings, version: RuleVersion, chosen: CutOffVersion | None) -> None:
    """Write a new version, its cut-offs first."""
    if chosen is not None:
        write_atomically(
            settings.cut_offs_dir / f"{chosen.version}.json", _as_json(chosen.to_dict())
        )
    path = settings.grading_rules_dir / f"{version.version}.json"
    write_atomically(path, _as_json({**version.__dict__, "changes": dict(version.changes)}))


def policy_of(settings: Settings, version: str | None) -> GradingPolicy:
    """What grading takes of a version; None is law and model."""
    if version is None:
        return GradingPolicy()
    rules = read_version(settings, version)
    named = rules.cut_offs_version
    if named is None:
        return GradingPolicy(version, changes=rules.changes)
    chosen = read_cut_offs(settings, named)
    return GradingPolicy(version, chosen.cut_offs, named, chosen.model_version, rules.changes)


def policy_in_force(settings: Settings) -> GradingPolicy:
    """What the office published over law and model."""
    return policy_of(settings, in_force(read_acts(settings)))


def next_name(letter: str, folder: Path, names: Sequence[str] = ()) -> str:
    """The next number after every one that was ever given."""
    taken = [path.stem for path in folder.glob(f"{letter}*.json")]
    numbers = [int(one[1:]) for one in (*taken, *names) if one[1:].isdigit()]
    return f"{letter}{max(numbers, default=0) + 1:03}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from None
    return content


def _damaged(path: Path, error: Exception) -> RuleStateError:
    return RuleStateError(
        f"规则文件 {path} 无法读取（{type(error).__name__}），请从备份恢复",
        f"the rules file {path} cannot be read ({type(error).__name__}); restore it from a backup",
    )


def _as_json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
