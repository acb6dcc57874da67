"""Estimates of a round with the disk attached."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.archive import open_archive
from features.employees import build_employees
from features.errors import ArchiveMissingError, AsOfError
from features.messages import Message
from law import value
from law.files import sha256_of, write_atomically
from models.labels.label_files import load_label
from models.learning.calibration import Calibration
from scoring.double_random.campaign import DRAW, SELECTED
from scoring.double_random.documents import DrawRecord, Manifest, Plan
from scoring.double_random.estimates import (
    RoundEstimates,
    Sample,
    describe_enterprises,
    estimate_round,
    labels_for_calibration,
    make_sample,
    recalibrate,
    report_html,
    report_json,
    report_workbook,
)
from scoring.double_random.frame import parse_frame
from scoring.double_random.planning import FRAME, PLAN
from scoring.double_random.results_table import check_results
from scoring.double_random.verification import MANIFEST
from scoring.errors import EvidenceError, refuse
from service.campaigns.errors import ReportKindError
from service.campaigns.results import drawn_folder, load_results, read_selected, result_rules
from service.campaigns.store import list_rounds
from service.pipeline.engines import open_engine
from service.settings import Settings

_WRITERS: Mapping[str, Callable[[RoundEstimates], bytes]] = {
    ".html": report_html,
    ".xlsx": report_workbook,
    ".json": report_json,
}
_OF_RUN = ("enterprise_id", "industry_code", "basis", "probability")


def load_sample(campaigns_dir: Path, round_id: str) -> Sample:
    """Plan, draw and results of a drawn round.

    Raises
    ------
    UnknownRoundError
        No such round; its subclass RoundNotDrawnError when it is not drawn yet.
    scoring.errors.EvidenceError, scoring.errors.ResultsError
        A file of the draw is not what the evidence says it is; results don't belong to it.
    """
    folder = drawn_folder(campaigns_dir, round_id)
    _refuse_changed(folder)
    results = load_results(campaigns_dir, round_id)
    check_results(results, result_rules(folder, latest_day=date.max))
    return make_sample(
        Plan.read((folder / PLAN).read_bytes(), name=PLAN),
        DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW),
        read_selected(folder),
        results,
    )


def finished_samples(campaigns_dir: Path) -> list[Sample]:
    """The rounds of which every drawn enterprise has an outcome or a reason why not."""
    folders = {name: campaigns_dir / name for name in list_rounds(campaigns_dir)}
    drawn = [name for name, folder in folders.items() if (folder / MANIFEST).is_file()]
    samples = [load_sample(campaigns_dir, name) for name in drawn]
    return [one for one in samples if one.is_complete]


def drawn_labels(settings: Settings) -> tuple[pa.Table, Calibration | None]:
    """Labels of all finished rounds by the general model's own definition of a bad outcome.

    With what they say of the probabilities that the rounds were planned by, as far as the grading
    runs are still there.
    """
    samples = finished_samples(settings.campaigns_dir)
    bad = load_label("general").bad_result_codes
    labels = labels_for_calibration(samples, bad_result_codes=bad)
    known: dict[tuple[date, str], float] = {}
    for sample in samples:
        run = _of_run(settings, sample)[0]
        if run is not None and "probability" in run:
            pairs = zip(run["enterprise_id"], run["probability"], strict=True)
            known |= {(sample.plan.as_of, name): float(chance) for name, chance in pairs}
    rows = zip(labels["as_of"].to_pylist(), labels["enterprise_id"].to_pylist(), strict=True)
    probability = np.array([known.get(row, np.nan) for row in rows], dtype=float)
    return labels, recalibrate(labels, probability)


def estimate(
    settings: Settings,
    round_id: str,
    *,
    other_ratios: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[RoundEstimates, list[Message]]:
    """All estimates of a round, and what of the enterprises was not there to be told."""
    sample = load_sample(settings.campaigns_dir, round_id)
    library, notes = read_library(settings, sample)
    minimum = value(
        "double_random.small_cell_minimum", on=sample.plan.task_from, region=sample.plan.region
    )
    estimates = estimate_round(
        sample, library, small_cell_minimum=minimum, other_ratios=other_ratios
    )
    return estimates, notes


def read_library(settings: Settings, sample: Sample) -> tuple[pd.DataFrame, list[Message]]:
    """One row per enterprise of the frame with its cells, and notes of what is not known.

    Columns enterprise_id, area, industry, size, stratum, and basis where the run is still there.
    """
    folder = drawn_folder(settings.campaigns_dir, sample.plan.round)
    frame = parse_frame((folder / FRAME).read_bytes())
    names = pd.Series(frame.stratum_names, dtype=object)
    rows = pd.DataFrame(
        {
            "enterprise_id": [code.decode() for chunk in frame.chunks() for code in chunk],
            "stratum": names.to_numpy()[frame.stratum_codes],
        }
    )
    rows["area_code"] = rows["stratum"].map(sample.strata.set_index("stratum")["area_code"])
    notes: list[Message] = []
    for found, note in (_of_run(settings, sample), _of_archive(settings, sample.plan.as_of)):
        if found is not None:
            found = found[found["enterprise_id"].isin(rows["enterprise_id"])]
            rows = rows.merge(found, on="enterprise_id", how="left", validate="one_to_one")
        else:
            notes.append(note)
    cells = describe_enterprises(rows)
    kept = [name for name in ("stratum", "basis") if name in rows]
    return cells.join(rows[kept]), notes


def check_report_path(path: Path) -> None:
    """Refuse a name that no report has, before anything is computed.

    Raises
    ------
    ReportKindError
        It ends in neither .html nor .xlsx nor .json.
    """
    if path.suffix.lower() not in _WRITERS:
        raise ReportKindError(path)


def write_report(estimates: RoundEstimates, path: Path) -> None:
    """Write the report in the form that the name of `path` says."""
    check_report_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, _WRITERS[path.suffix.lower()](estimates))


def _refuse_changed(folder: Path) -> None:
    manifest = Manifest.read((folder / MANIFEST).read_bytes(), name=MANIFEST)
    refuse(
        EvidenceError,
        [
            Message(f"{name} 与证据清单中的哈希不符", f"{name} is not what {MANIFEST} says it is")
            for name in (PLAN, FRAME, DRAW, SELECTED)
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != manifest.files.get(name)
        ],
    )


def _of_run(settings: Settings, sample: Sample) -> tuple[pd.DataFrame | None, Message]:
    plan = sample.plan
    path = settings.runs_dir / plan.run_id / "grades.parquet"
    note = Message(
        f"分级批次 {plan.run_id} 已不在或已变化，行业和分级依据未列",
        f"The grading run {plan.run_id} is gone or was changed: industries and bases are not told",
    )
    if not path.is_file() or sha256_of(path) != plan.grades_sha256:
        return None, note
    present = set(pq.read_schema(path).names)
    return pq.read_table(path, columns=[one for one in _OF_RUN if one in present]).to_pandas(), note


def _of_archive(settings: Settings, as_of: date) -> tuple[pd.DataFrame | None, Message]:
    note = Message(
        "没有可用的信用档案，企业规模未列", "There is no archive to read sizes from: not told"
    )
    try:
        archive = open_archive(settings.archive_dir)
        with open_engine(settings) as engine:
            return build_employees(engine, archive, as_of=as_of).to_pandas(), note
    except (ArchiveMissingError, AsOfError):
        return None, note
