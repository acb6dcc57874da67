"""Check a year's patrols by computing everything again and naming what differs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from features.messages import Message
from scoring.double_random.cycles.documents import CycleCommitment, CycleDraw
from scoring.double_random.cycles.frame import CycleRules, parse_cycle_frame
from scoring.double_random.cycles.phases import Cycles, draw_cycles, make_cycle_seed
from scoring.double_random.randomness import check_randomness
from scoring.double_random.verification import (
    MANIFEST,
    Difference,
    check_manifest,
    compare_bytes,
)
from scoring.errors import EvidenceError, ScoringError, refuse

FRAME, OBJECTS, COMMITMENT = "frame.txt", "objects.parquet", "commitment.json"
DRAW, CYCLES = "draw.json", "cycles.csv"
_NEEDED = (FRAME, OBJECTS, COMMITMENT, DRAW, CYCLES, MANIFEST)


@dataclass(frozen=True)
class OpenedCycles:
    """A drawn year whose files were found to belong together."""

    commitment: CycleCommitment
    draw: CycleDraw
    cycles: Cycles


def open_cycle_files(files: Mapping[str, bytes]) -> OpenedCycles:
    """A drawn year, computed again from its frame and its randomness.

    Raises
    ------
    EvidenceError
        A file is missing; frame, names or seed are not what was published.
    scoring.errors.RandomnessError
        The randomness is not the one that was announced, too old or too short.
    """
    refuse(
        EvidenceError,
        [
            Message(f"缺少 {name}，请从备份恢复", f"{name} is missing; restore a backup")
            for name in (FRAME, OBJECTS, COMMITMENT, DRAW)
            if name not in files
        ],
    )
    commitment = CycleCommitment.read(files[COMMITMENT], name=COMMITMENT)
    draw = CycleDraw.read(files[DRAW], name=DRAW)
    seed = make_cycle_seed(
        year=commitment.year, frame_sha256=commitment.frame_sha256, randomness=draw.randomness
    )
    expected = (
        (FRAME, _sha256(files[FRAME]), commitment.frame_sha256),
        (OBJECTS, _sha256(files[OBJECTS]), commitment.objects_sha256),
        (f"{DRAW} year", draw.year, commitment.year),
        (f"{DRAW} seed", draw.seed, seed),
    )
    refuse(
        EvidenceError,
        [
            Message(
                f"{what} 与公布的不符，请从备份恢复",
                f"{what} is not what was published; restore a backup",
            )
            for what, found, wanted in expected
            if found != wanted
        ],
    )
    check_randomness(
        draw.randomness,
        name=draw.randomness_name,
        at=draw.randomness_at,
        announced_name=commitment.randomness_name,
        frozen_at=commitment.frozen_at,
        drawn_at=draw.drawn_at,
        minimum_bits=commitment.minimum_randomness_bits,
    )
    rules = CycleRules(commitment.interval_months, commitment.yearly_cap)
    return OpenedCycles(
        commitment, draw, draw_cycles(parse_cycle_frame(files[FRAME]), rules, seed=draw.seed)
    )


def verify_cycles(files: Mapping[str, bytes]) -> tuple[Difference, ...]:
    """Every difference between a year's folder and what follows from it; empty when all is well."""
    missing = [name for name in _NEEDED if name not in files]
    if missing:
        return tuple(
            Difference(file=name, row=None, zh="文件缺失", en="the file is missing")
            for name in missing
        )
    try:
        opened = open_cycle_files(files)
    except ScoringError as error:
        found = Difference(file=COMMITMENT, row=None, zh=error.zh, en=error.en)
        return (found, *check_manifest(files))
    months = compare_bytes(CYCLES, files[CYCLES], opened.cycles.to_csv())
    return (*([months] if months else []), *check_manifest(files))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
