"""A year's patrol cycles on disk: frozen, then drawn once, in ``cycles/<year>/``."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import law
from law.files import write_atomically
from scoring.double_random import ReadOut
from scoring.double_random.cycles import (
    COMMITMENT,
    CYCLES,
    CYCLES_VERSION,
    DRAW,
    FRAME,
    OBJECTS,
    CycleCommitment,
    CycleDraw,
    Cycles,
    cycle_workbook,
    make_cycle_frame,
    make_cycle_seed,
    open_cycle_files,
    verify_cycles,
)
from scoring.double_random.randomness import check_announcement, check_randomness
from scoring.double_random.tables import TableShape, listed, read_table
from scoring.double_random.verification import MANIFEST, Difference, make_manifest
from scoring.errors import PlanError
from scoring.measures.levels import industry_levels, other_level, read_overrides
from service.campaigns.errors import CyclesStateError, HandInMissingError
from service.campaigns.operations import load_run_columns
from service.campaigns.store import create_folder, create_once, read_files
from service.campaigns.yearly_cap import count_visits, read_visited
from service.clock import office_day
from service.settings import Settings

LEVELS = TableShape(
    file="levels.csv",
    zh="巡查等级表",
    columns=("uscc", "level"),
    filled=("uscc", "level"),
    key=("uscc",),
)


@dataclass(frozen=True)
class DrawnCycles:
    """A year's patrols with what they follow from; `names` has name and address by code."""

    cycles: Cycles
    commitment: CycleCommitment
    draw: CycleDraw
    names: Mapping[str, tuple[str, str]]

    def to_workbook(self) -> bytes:
        """The Excel file."""
        return cycle_workbook(self.cycles, self.commitment, self.draw, names=self.names)


def freeze_cycles(
    settings: Settings,
    year: int,
    *,
    randomness_name: str,
    now: datetime,
    run_id: str | None = None,
    levels: Path | None = None,
    visited: Path | None = None,
) -> CycleCommitment:
    """Fix whom a year's patrols concern, before the randomness that gives them months.

    Enterprises are those of a grading run (the newest when unsaid). The level is that of the
    office's table `levels`, else what an officer set, else that of the industry. Visits that count
    against the yearly cap are those of `visited` in the year, and one for every drawn round whose
    task ends in it.

    Raises
    ------
    CyclesStateError
        The year is frozen already.
    HandInMissingError, NoRunError, RunChangedError
        What it is to be made from is not there, or not as it was.
    scoring.errors.ScoringError
        Faulty tables; an announced randomness that is over.
    """
    check_announcement(randomness_name, frozen_at=now)
    first = date(year, 1, 1)
    run = load_run_columns(settings.runs_dir, run_id, ("industry_code", "address"))
    objects = run.rows.to_pandas().rename(columns={"enterprise_id": "uscc"})
    for name in ("industry_code", "address", "area_code"):
        objects[name] = objects[name].fillna("") if name in objects else ""
    on = max(first, office_day(now.astimezone(UTC).replace(tzinfo=None)))
    objects["level"] = _levels(settings, objects, _read(levels, LEVELS), on=on)
    objects["visits"] = count_visits(settings, objects["uscc"], read_visited(visited), year=year)
    frame, names = make_cycle_frame(objects), _named(objects)
    commitment = CycleCommitment(
        version=CYCLES_VERSION,
        year=year,
        run_id=run.run_id,
        interval_months=dict(law.value("patrol.interval_months", on=first, region=settings.region)),
        yearly_cap=law.value("double_random.yearly_visit_cap", on=first, region=settings.region),
        minimum_randomness_bits=law.value("double_random.minimum_randomness_bits", on=first),
        frame_rows=len(objects),
        frame_sha256=hashlib.sha256(frame).hexdigest(),
        objects_sha256=hashlib.sha256(names).hexdigest(),
        randomness_name=randomness_name.strip(),
        frozen_at=now,
    )
    content = {FRAME: frame, OBJECTS: names}
    try:
        create_folder(_folder(settings, year), {**content, COMMITMENT: commitment.to_bytes()})
    except FileExistsError:
        raise CyclesStateError(year, is_frozen=True) from None
    return commitment


def draw_year(settings: Settings, year: int, read_out: ReadOut, *, now: datetime) -> DrawnCycles:
    """Draw the months of a frozen year, once; the same randomness again gives the same answer.

    Raises
    ------
    CyclesStateError
        The year is not frozen, or was drawn with another randomness.
    scoring.errors.RandomnessError, scoring.errors.EvidenceError
        The randomness won't do, or a file was changed.
    """
    folder = _folder(settings, year)
    if (folder / DRAW).is_file():
        drawn = CycleDraw.read((folder / DRAW).read_bytes(), name=DRAW)
        if ReadOut(drawn.randomness, drawn.randomness_name, drawn.randomness_at) != read_out:
            raise CyclesStateError(year, is_frozen=True, randomness=drawn.randomness)
        return _opened(settings, year)
    commitment = _commitment(settings, year)
    randomness = check_randomness(
        read_out.value,
        name=read_out.name,
        at=read_out.at,
        announced_name=commitment.randomness_name,
        frozen_at=commitment.frozen_at,
        drawn_at=now,
        minimum_bits=commitment.minimum_randomness_bits,
    )
    draw = CycleDraw(
        version=CYCLES_VERSION,
        year=year,
        randomness=randomness,
        randomness_name=read_out.name,
        randomness_at=read_out.at,
        drawn_at=now,
        seed=make_cycle_seed(
            year=year, frame_sha256=commitment.frame_sha256, randomness=randomness
        ),
    )
    create_once(folder / DRAW, draw.to_bytes())
    return _opened(settings, year)


def _opened(settings: Settings, year: int) -> DrawnCycles:
    drawn = open_cycles(settings, year)
    _seal(_folder(settings, year), drawn)
    return drawn


def open_cycles(settings: Settings, year: int) -> DrawnCycles:
    """A drawn year, computed again from its frame and seed.

    Raises
    ------
    CyclesStateError
        It is not frozen or not drawn.
    scoring.errors.EvidenceError
        The frame or the seed is not what was published.
    """
    _commitment(settings, year)
    folder = _folder(settings, year)
    if not (folder / DRAW).is_file():
        raise CyclesStateError(year, is_frozen=True)
    opened = open_cycle_files(read_files(folder))
    objects = pq.read_table(folder / OBJECTS).to_pydict()
    pairs = zip(objects["name"], objects["address"], strict=True)
    return DrawnCycles(
        cycles=opened.cycles,
        commitment=opened.commitment,
        draw=opened.draw,
        names=dict(zip(objects["uscc"], pairs, strict=True)),
    )


def verify_cycle_folder(folder: Path) -> tuple[Difference, ...]:
    """Recompute the patrols of a year from their folder, wherever it lies."""
    return verify_cycles(read_files(folder))


def is_cycle_folder(folder: Path) -> bool:
    """Whether a folder holds the patrols of a year rather than a round."""
    path = folder / COMMITMENT
    return path.is_file() and CYCLES_VERSION.encode() in path.read_bytes()


def _seal(folder: Path, drawn: DrawnCycles) -> None:
    """Write the months and, last, the manifest; after a power cut the same draw does it again."""
    if (folder / MANIFEST).is_file():
        return
    write_atomically(folder / CYCLES, drawn.cycles.to_csv())
    files = read_files(folder)
    manifest = make_manifest(files, round_id=f"cycles-{drawn.commitment.year:04}")
    write_atomically(folder / MANIFEST, manifest)


def _named(objects: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    named = pa.Table.from_pandas(objects[["uscc", "name", "address"]], preserve_index=False)
    pq.write_table(named, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _levels(
    settings: Settings, objects: pd.DataFrame, by_hand: pd.DataFrame, *, on: date
) -> "pd.Series[str]":
    known = law.codes("patrol_levels")
    foreign = sorted(set(by_hand["level"]) - set(known))
    if foreign:
        raise PlanError(
            f"巡查等级应为 {'、'.join(known)}，实为 {listed(foreign)}",
            f"Patrol levels are {', '.join(known)}; found {listed(foreign)}",
        )
    found = industry_levels(
        pa.array(objects["uscc"], pa.string()),
        objects["industry_code"].to_numpy(dtype=object),
        on=on,
        overrides=read_overrides(settings.measures_dir),
    ).level
    level = pd.Series(found, index=objects.index, dtype=object).replace("", other_level(on))
    named = objects["uscc"].map(by_hand.set_index("uscc")["level"].to_dict()).astype(object)
    return named.where(named.notna(), level)


def _commitment(settings: Settings, year: int) -> CycleCommitment:
    path = _folder(settings, year) / COMMITMENT
    if not path.is_file():
        raise CyclesStateError(year, is_frozen=False)
    return CycleCommitment.read(path.read_bytes(), name=COMMITMENT)


def _folder(settings: Settings, year: int) -> Path:
    return settings.home / "cycles" / f"{year:04}"


def _read(path: Path | None, shape: TableShape) -> pd.DataFrame:
    if path is not None and not path.is_file():
        raise HandInMissingError(path)
    return read_table(None if path is None else path.read_bytes(), shape)
