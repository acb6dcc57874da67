"""MAIN FLOW of a round: plan, freeze, draw, verify. Bytes in, bytes out.

Every step is a pure function of files (name to bytes) and of what the step's moment adds: the salt
key and the instant at the freeze, the randomness and the instant at the draw. That is why the
verification can be the same functions run again.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from features.messages import Message
from scoring.double_random.assignment import DrawnObject, assign
from scoring.double_random.commitment import frame_root
from scoring.double_random.documents import (
    VERSION,
    Commitment,
    DrawRecord,
    Plan,
    canonical_json,
)
from scoring.double_random.drawing import Selection, make_seed, select
from scoring.double_random.frame import Frame, parse_frame
from scoring.double_random.inspectors import Roster, qualify
from scoring.double_random.items import items_at, needs_of_items
from scoring.double_random.planning import FRAME, LIBRARY, PLAN, PLANNED_FILES
from scoring.double_random.randomness import check_announcement, check_randomness
from scoring.double_random.sampling_list import make_list, make_public_part
from scoring.double_random.strata import check_strata
from scoring.double_random.tables import AVOIDANCE, INSPECTORS, read_table
from scoring.errors import EvidenceError, refuse

SALT = "salt.txt"
COMMITMENT = "commitment.json"
DRAW = "draw.json"
SELECTED = "selected.csv"
ASSIGNMENT = "assignment.json"
LIST = "list.json"
PUBLIC = "public.json"

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class ReadOut:
    """Randomness as it was read out in public. `value` is whatever came in: it must be a string."""

    value: object
    name: str
    at: datetime


@dataclass(frozen=True)
class Frozen:
    """A frozen round whose files were found to belong together."""

    plan: Plan
    commitment: Commitment
    frame: Frame


def freeze(files: Files, *, salt_key: str, frozen_at: datetime) -> dict[str, bytes]:
    """Bind the office to plan and frame; returns salt.txt and commitment.json.

    `salt_key` is 64 hexadecimal digits. `frozen_at` carries a time zone; it is kept in UTC.

    Raises
    ------
    EvidenceError, FrameError, StratumError
        The planned files do not belong together.
    RandomnessError
        The announced randomness lies before the freeze.
    """
    plan = read_plan(files)
    check_announcement(plan.randomness_name, frozen_at=frozen_at)
    frame = _read_frame(files, plan)
    commitment = _commit(files, plan, frame, salt_key=salt_key, frozen_at=frozen_at)
    return {SALT: f"{salt_key}\n".encode(), COMMITMENT: commitment.to_bytes()}


def draw(files: Files, read_out: ReadOut, *, drawn_at: datetime) -> dict[str, bytes]:
    """Draw objects and inspectors; returns draw.json, selected.csv, assignment.json and the lists.

    Raises
    ------
    EvidenceError, FrameError, StratumError
        The frozen files do not belong together.
    RandomnessError, InspectorError
        See :func:`draw_from`.
    """
    return draw_from(open_frozen(files), files, read_out=read_out, drawn_at=drawn_at)


def draw_from(
    frozen: Frozen, files: Files, *, read_out: ReadOut, drawn_at: datetime
) -> dict[str, bytes]:
    """Draw from a round that :func:`open_frozen` has checked; see :func:`draw`.

    Raises
    ------
    RandomnessError
        See :func:`scoring.double_random.randomness.check_randomness`.
    InspectorError
        A drawn enterprise has too few inspectors, which a plan of ours can't bring about.
    """
    plan, commitment = frozen.plan, frozen.commitment
    randomness = check_randomness(
        read_out.value,
        name=read_out.name,
        at=read_out.at,
        announced_name=commitment.randomness_name,
        frozen_at=commitment.frozen_at,
        drawn_at=drawn_at,
        minimum_bits=plan.minimum_randomness_bits,
    )
    seed = make_seed(
        round_id=plan.round,
        frame_root=commitment.frame_root,
        plan_hash=commitment.plan_hash,
        randomness=randomness,
    )
    selection = select(
        frozen.frame, plan.strata, seed=seed, reserve_per_mille=plan.reserve_per_mille
    )
    record = DrawRecord(
        version=VERSION,
        round=plan.round,
        randomness=randomness,
        randomness_name=read_out.name,
        randomness_at=read_out.at,
        drawn_at=_to_utc(drawn_at),
        seed=seed,
        strata=selection.counts,
    )
    return _result_files(files, frozen, record=record, selection=selection)


def open_frozen(files: Files) -> Frozen:
    """Plan, commitment and frame, after recomputing the commitment from plan, frame and salt.

    Raises
    ------
    EvidenceError, FrameError, StratumError
        Naming every file and field that is not as it must be.
    """
    plan = read_plan(files)
    frame = _read_frame(files, plan)
    found = Commitment.read(_file(files, COMMITMENT), name=COMMITMENT)
    salt_key = _file(files, SALT).decode("utf-8", "replace").removesuffix("\n")
    again = _commit(files, plan, frame, salt_key=salt_key, frozen_at=found.frozen_at)
    expected = again.model_dump(mode="json")
    faults = [
        Message(
            f"{COMMITMENT} 的 {field} 为 {value}，复算为 {expected[field]}",
            f"{COMMITMENT} {field} is {value}, recomputed {expected[field]}",
        )
        for field, value in found.model_dump(mode="json").items()
        if value != expected[field]
    ]
    refuse(EvidenceError, faults)
    return Frozen(plan, found, frame)


def read_plan(files: Files) -> Plan:
    """The plan, after checking that every planned file still has the hash the plan gives it.

    Raises
    ------
    EvidenceError
        Naming the files that are missing or were changed.
    """
    plan = Plan.read(_file(files, PLAN), name=PLAN)
    faults = [
        Message(
            f"{name} 与方案中的哈希不符", f"{name} does not have the hash that the plan gives it"
        )
        for name in changed_files(plan, files)
    ]
    refuse(EvidenceError, faults)
    return plan


def changed_files(plan: Plan, files: Files) -> list[str]:
    """Names of planned files that are missing, unknown to the plan, or changed since."""
    return [
        name
        for name in sorted({*PLANNED_FILES, *plan.files})
        if name not in files or hashlib.sha256(files[name]).hexdigest() != plan.files.get(name)
    ]


def _read_frame(files: Files, plan: Plan) -> Frame:
    frame = parse_frame(_file(files, FRAME))
    check_strata(plan.strata, frame.populations())
    return frame


def _commit(
    files: Files, plan: Plan, frame: Frame, *, salt_key: str, frozen_at: datetime
) -> Commitment:
    return Commitment(
        version=VERSION,
        round=plan.round,
        frame_root=frame_root(frame, salt_key=salt_key),
        frame_rows=len(frame),
        plan_hash=hashlib.sha256(files[PLAN]).hexdigest(),
        randomness_name=plan.randomness_name,
        frozen_at=_to_utc(frozen_at),
    )


def _result_files(
    files: Files, frozen: Frozen, *, record: DrawRecord, selection: Selection
) -> dict[str, bytes]:
    plan, commitment = frozen.plan, frozen.commitment
    objects = _objects(files)
    inspectors = read_table(files[INSPECTORS.file], INSPECTORS)
    drawn = drawn_objects(plan, selection)
    assignment = assign(
        drawn, read_roster(files, plan), seed=record.seed, team=plan.team, round_id=plan.round
    )
    sampling_list = make_list(
        plan,
        commitment,
        record,
        selection=selection,
        assignment=assignment,
        objects=objects,
        inspectors=inspectors,
    )
    public = make_public_part(plan, commitment, record, selection=selection, objects=objects)
    return {
        DRAW: record.to_bytes(),
        SELECTED: selection.to_csv(),
        ASSIGNMENT: assignment.to_bytes(),
        LIST: canonical_json(sampling_list),
        PUBLIC: public,
    }


def read_selection(files: Files, record: DrawRecord) -> Selection:
    """Drawn and reserves as selected.csv has them."""
    rows = list(csv.DictReader(_file(files, SELECTED).decode().splitlines()))
    return Selection(
        uscc=tuple(row["uscc"] for row in rows),
        stratum=tuple(row["stratum"] for row in rows),
        rank=tuple(int(row["rank"]) for row in rows),
        is_drawn=tuple(row["role"] == "drawn" for row in rows),
        ticket=tuple(row["ticket"] for row in rows),
        counts=record.strata,
    )


def drawn_rows(files: Files) -> list[dict[str, str]]:
    """Rows of selected.csv that are drawn: uscc, stratum, rank, role, ticket."""
    rows = csv.DictReader(_file(files, SELECTED).decode().splitlines())
    return [row for row in rows if row["role"] == "drawn"]


def read_roster(files: Files, plan: Plan) -> Roster:
    """The qualified inspectors of a planned round."""
    inspectors, avoidance = (
        read_table(files[shape.file], shape) for shape in (INSPECTORS, AVOIDANCE)
    )
    return qualify(inspectors, avoidance, first_day=plan.task_from, team=plan.team)


def drawn_objects(plan: Plan, selection: Selection) -> list[DrawnObject]:
    """The drawn enterprises in the order of their tickets, with what their items need."""
    strata = {stratum.stratum: stratum for stratum in plan.strata}
    columns = (
        selection.ticket,
        selection.uscc,
        selection.stratum,
        selection.rank,
        selection.is_drawn,
    )
    return sorted(
        (
            DrawnObject(
                ticket=ticket,
                uscc=uscc,
                area_code=strata[name].area_code,
                needs=needs_of_items(plan, items_at(strata[name], rank)),
            )
            for ticket, uscc, name, rank, is_drawn in zip(*columns, strict=True)
            if is_drawn
        ),
        key=lambda entry: (entry.ticket, entry.uscc),
    )


def library_rows(files: Files, usccs: Sequence[str]) -> dict[str, dict[str, str]]:
    """Name, address and area of enterprises of the frozen library, by code."""
    objects = _objects(files)
    chosen = objects[objects["uscc"].isin(usccs)].set_index("uscc", drop=False)
    return {str(uscc): dict(row) for uscc, row in chosen.T.to_dict().items()}


def _objects(files: Files) -> pd.DataFrame:
    table: Any = pq.read_table(io.BytesIO(files[LIBRARY]))
    return pd.DataFrame(table.to_pandas().astype("str"))


def _file(files: Files, name: str) -> bytes:
    if name not in files:
        raise EvidenceError(f"证据中缺少 {name}", f"{name} is missing from the evidence")
    return files[name]


def _to_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
