"""Plan, freeze, draw, verify and list rounds, with the disk attached. Instants are arguments."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

import law
from law.files import sha256_of, write_atomically
from scoring.double_random import (
    Difference,
    GradedLibrary,
    PlannedRound,
    PlanWishes,
    ReadOut,
    draw,
    freeze,
    make_manifest,
    make_plan,
    make_workbook,
    read_rules,
    verify,
)
from scoring.double_random.campaign import COMMITMENT, DRAW, LIST
from scoring.double_random.documents import Commitment, DrawRecord
from scoring.double_random.graded_library import REQUIRED_COLUMNS
from scoring.double_random.randomness import same_randomness
from scoring.double_random.verification import MANIFEST, WORKBOOK
from service.campaigns.approval import check_approval
from service.campaigns.changes import verify_changes
from service.campaigns.errors import (
    HandInMissingError,
    NoRunError,
    RandomnessReusedError,
    RoundDrawnError,
    RoundFrozenError,
    RoundNotDrawnError,
    RunChangedError,
    UnknownRoundError,
)
from service.campaigns.hand_ins import HandInPaths, read_hand_ins
from service.campaigns.store import (
    create_folder,
    create_once,
    draft_folder,
    existing_folder,
    frozen_folder,
    list_rounds,
    read_files,
    replace_folder,
)

__all__ = [
    "DrawnRound",
    "HandInPaths",
    "UnknownRoundError",
    "draw_round",
    "freeze_round",
    "load_commitment",
    "load_list",
    "load_run_columns",
    "plan_round",
    "round_states",
    "verify_folder",
    "verify_round",
]

State = Literal["planned", "frozen", "drawn"]
_SALT_KEY_BYTES = 32
_GRADES = "grades.parquet"
_OPTIONAL_COLUMNS = ("address", "probability")


@dataclass(frozen=True)
class DrawnRound:
    """A finished draw: its record, its folder, and the SHA-256 of the evidence manifest."""

    record: DrawRecord
    folder: Path
    evidence_sha256: str


def plan_round(
    campaigns_dir: Path,
    runs_dir: Path,
    *,
    wishes: PlanWishes,
    hand_ins: HandInPaths,
    run_id: str | None = None,
) -> PlannedRound:
    """Plan a round from a grading run (the newest when unsaid); replaces an earlier draft of it.

    Raises
    ------
    RoundFrozenError
        The round is frozen already.
    NoRunError, RunChangedError, HandInMissingError
        What the plan is to be made from is not there, or not as it was.
    scoring.errors.ScoringError
        See :func:`scoring.double_random.make_plan`.
    """
    rules = read_rules(wishes.task_from, region=wishes.region)
    planned = make_plan(
        load_run_columns(runs_dir, run_id), read_hand_ins(hand_ins), wishes=wishes, rules=rules
    )
    _refuse_frozen(campaigns_dir, wishes.round_id)
    replace_folder(draft_folder(campaigns_dir, wishes.round_id), planned.files)
    return planned


def freeze_round(
    campaigns_dir: Path,
    round_id: str,
    *,
    now: datetime,
    salt_key: str | None = None,
    must_be_approved: bool = False,
) -> Commitment:
    """Freeze a planned round. A frozen round never changes.

    `salt_key` (64 hexadecimal digits) comes from the operating system when not given. An official
    freezes with `must_be_approved`; simulations have nobody to ask.

    Raises
    ------
    RoundFrozenError, UnknownRoundError, ApprovalError
        It is frozen already, was never planned, or is not approved as it stands.
    scoring.errors.ScoringError
        See :func:`scoring.double_random.freeze`.
    """
    _refuse_frozen(campaigns_dir, round_id)
    draft = draft_folder(campaigns_dir, round_id)
    if not draft.is_dir():
        raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))
    files = read_files(draft)
    check_approval(files, round_id, is_required=must_be_approved)
    salt_key = salt_key or os.urandom(_SALT_KEY_BYTES).hex()
    added = freeze(files, salt_key=salt_key, frozen_at=now)
    try:
        create_folder(frozen_folder(campaigns_dir, round_id), {**files, **added})
    except FileExistsError:
        _refuse_frozen(campaigns_dir, round_id)
        raise
    shutil.rmtree(draft)
    return Commitment.read(added[COMMITMENT], name=COMMITMENT)


def draw_round(
    campaigns_dir: Path, round_id: str, read_out: ReadOut, *, now: datetime
) -> DrawnRound:
    """Draw a frozen round, once.

    The same randomness given again finishes a draw that was interrupted; another one is refused.

    Raises
    ------
    RandomnessReusedError
        Another round was drawn with this randomness, so that a firm could foresee its visit.
    RoundDrawnError, RoundNotFrozenError, UnknownRoundError
        The round is drawn already, only planned, or unknown.
    scoring.errors.ScoringError
        See :func:`scoring.double_random.draw`.
    """
    folder = existing_folder(campaigns_dir, round_id)
    begun_at = _begun_at(folder, round_id, read_out)
    _refuse_reused(campaigns_dir, round_id, read_out.value)
    results = draw(read_files(folder), read_out, drawn_at=begun_at or now)
    if begun_at is None:
        try:
            create_once(folder / DRAW, results[DRAW])
        except FileExistsError:
            raise _drawn_error(folder, round_id) from None
    workbook = make_workbook(json.loads(results[LIST]), area_names=_area_names())
    for name, content in {**results, WORKBOOK: workbook}.items():
        write_atomically(folder / name, content)
    files = {name: content for name, content in read_files(folder).items() if name != MANIFEST}
    write_atomically(folder / MANIFEST, make_manifest(files, round_id=round_id))
    return DrawnRound(
        record=DrawRecord.read(results[DRAW], name=DRAW),
        folder=folder,
        evidence_sha256=sha256_of(folder / MANIFEST),
    )


def verify_round(campaigns_dir: Path, round_id: str) -> tuple[Difference, ...]:
    """Recompute a drawn round; empty when everything follows from plan, frame and randomness.

    Raises
    ------
    RoundNotDrawnError, RoundNotFrozenError, UnknownRoundError
        There is nothing to verify yet.
    """
    folder = existing_folder(campaigns_dir, round_id)
    if not (folder / DRAW).exists() and not (folder / MANIFEST).exists():
        raise RoundNotDrawnError(round_id)
    return verify_folder(folder)


def verify_folder(folder: Path) -> tuple[Difference, ...]:
    """Recompute an evidence folder, wherever it lies; its changes are checked after the draw.

    Raises
    ------
    HandInMissingError
        There is no such folder.
    """
    if not folder.is_dir():
        raise HandInMissingError(folder)
    files = read_files(folder)
    return verify(files) or verify_changes(files, folder)


def load_commitment(campaigns_dir: Path, round_id: str) -> Commitment:
    """What was published at the freeze of a round.

    Raises
    ------
    RoundNotFrozenError, UnknownRoundError
        The round is only planned, or unknown.
    """
    path = existing_folder(campaigns_dir, round_id) / COMMITMENT
    return Commitment.read(path.read_bytes(), name=COMMITMENT)


def load_list(campaigns_dir: Path, round_id: str) -> dict[str, Any]:
    """The sampling list of a drawn round. No grade is in it.

    Raises
    ------
    UnknownRoundError
        No such round; its subclass RoundNotDrawnError when it is not drawn yet.
    """
    folder = frozen_folder(campaigns_dir, round_id)
    if (folder / MANIFEST).exists():
        sampling_list: dict[str, Any] = json.loads((folder / LIST).read_bytes())
        return sampling_list
    if round_id in list_rounds(campaigns_dir):
        raise RoundNotDrawnError(round_id)
    raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))


def round_states(campaigns_dir: Path) -> dict[str, State]:
    """Every round and how far it is."""
    return {name: _state(campaigns_dir, name) for name in list_rounds(campaigns_dir)}


def _state(campaigns_dir: Path, round_id: str) -> State:
    folder = frozen_folder(campaigns_dir, round_id)
    if not folder.exists():
        return "planned"
    return "drawn" if (folder / MANIFEST).exists() else "frozen"


def _refuse_reused(campaigns_dir: Path, round_id: str, randomness: object) -> None:
    for other in list_rounds(campaigns_dir):
        path = frozen_folder(campaigns_dir, other) / DRAW
        if other == round_id or not path.exists():
            continue
        used = DrawRecord.read(path.read_bytes(), name=DRAW).randomness
        if isinstance(randomness, str) and same_randomness(used, randomness):
            raise RandomnessReusedError(round_id, other=other)


def _refuse_frozen(campaigns_dir: Path, round_id: str) -> None:
    path = frozen_folder(campaigns_dir, round_id) / COMMITMENT
    if path.exists():
        commitment = Commitment.read(path.read_bytes(), name=COMMITMENT)
        raise RoundFrozenError(round_id, frozen_at=commitment.frozen_at)


def _begun_at(folder: Path, round_id: str, read_out: ReadOut) -> datetime | None:
    """The instant of an interrupted draw that the same randomness may finish; None: a new draw."""
    if (folder / MANIFEST).exists():
        raise _drawn_error(folder, round_id)
    if not (folder / DRAW).exists():
        return None
    begun = DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW)
    if ReadOut(begun.randomness, begun.randomness_name, begun.randomness_at) != read_out:
        raise _drawn_error(folder, round_id)
    return begun.drawn_at


def _drawn_error(folder: Path, round_id: str) -> RoundDrawnError:
    record = DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW)
    return RoundDrawnError(round_id, randomness=record.randomness)


def load_run_columns(
    runs_dir: Path, run_id: str | None, optional: Sequence[str] = _OPTIONAL_COLUMNS
) -> GradedLibrary:
    """The rows of a grading run (the newest when unsaid); `optional` columns where it has them.

    Raises
    ------
    NoRunError, RunChangedError
        There is none, or it is not as it was.
    """
    manifests = {
        path.parent.name: json.loads(path.read_bytes())
        for path in sorted(runs_dir.glob("[!.]*/manifest.json"))
        if run_id in (None, path.parent.name)
    }
    if not manifests:
        raise NoRunError(runs_dir, run_id=run_id)
    newest = max(manifests, key=lambda name: (str(manifests[name].get("created_at", "")), name))
    manifest: Mapping[str, Any] = manifests[newest]
    path = runs_dir / newest / _GRADES
    digest = sha256_of(path)
    if manifest.get("files", {}).get(_GRADES, digest) != digest:
        raise RunChangedError(path)
    present = set(pq.read_schema(path).names)
    columns = [name for name in (*REQUIRED_COLUMNS, *optional) if name in present]
    return GradedLibrary(
        rows=pq.read_table(path, columns=columns),
        run_id=newest,
        as_of=date.fromisoformat(manifest["as_of"]),
        grades_sha256=digest,
    )


def _area_names() -> dict[str, str]:
    return {code: area.zh for code, area in law.codes("areas").items()}
