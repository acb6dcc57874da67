"""The monthly drift report of two runs of the installation."""

import io
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from features.archive import open_archive
from features.indicators import catalogue
from features.outcomes import inspection_outcomes
from features.point_in_time import OFFICE_OFFSET
from law.files import sha256_of
from models.cards.report_tables import ReportPart
from models.configs.training import load_config
from models.labels.label_files import load_label
from models.labels.windows import add_months
from models.rating.scoring_model import GENERAL
from scoring.double_random.campaign import DRAW, SELECTED
from scoring.double_random.documents import DrawRecord
from scoring.drift import RunOutcome, compare_runs, load_thresholds
from scoring.drift_report import drift_parts
from scoring.run_folder import DISTRIBUTION
from service.campaigns.errors import RunChangedError
from service.campaigns.operations import round_states
from service.campaigns.store import frozen_folder
from service.model_registry.errors import UnknownRunError
from service.model_registry.operations import list_models
from service.pipeline.engines import open_engine
from service.settings import Settings

_GRADES = "grades.parquet"
_COLUMNS = ("enterprise_id", "grade", "probability", "sectors")
_DRAWN = pa.schema([("enterprise_id", pa.string()), ("probability", pa.float64())])


def drift_between(settings: Settings, before: str, now: str) -> list[ReportPart]:
    """The report on what changed from one run to another.

    Raises
    ------
    UnknownRunError
        No such run.
    service.campaigns.errors.RunChangedError
        A file of a run was changed since.
    """
    runs = [_read_run(settings.runs_dir, run_id) for run_id in (before, now)]
    as_of = date.fromisoformat(runs[0].manifest["as_of"])
    found = compare_runs(
        runs[0],
        runs[1],
        outcomes=_outcomes(settings, runs[0].manifest),
        inclusion=_inclusion(settings.campaigns_dir, since=as_of),
        thresholds=load_thresholds(),
    )
    return drift_parts(found, {item.name: item.zh for item in catalogue()})


def _read_run(runs_dir: Path, run_id: str) -> RunOutcome:
    known = sorted(path.parent.name for path in runs_dir.glob("[!.]*/manifest.json"))
    if run_id not in known:
        raise UnknownRunError(run_id, known=known)
    folder = runs_dir / run_id
    manifest = json.loads((folder / "manifest.json").read_bytes())
    present = [name for name in (_GRADES, DISTRIBUTION) if (folder / name).exists()]
    for name in present:
        digest = sha256_of(folder / name)
        if manifest["files"].get(name, digest) != digest:
            raise RunChangedError(folder / name)
    counts = pq.read_table(folder / DISTRIBUTION) if DISTRIBUTION in present else None
    present_columns = pq.read_schema(folder / _GRADES).names
    columns = [name for name in _COLUMNS if name in present_columns]  # earlier versions had fewer
    return RunOutcome(manifest, pq.read_table(folder / _GRADES, columns=columns), counts)


def _outcomes(settings: Settings, manifest: Mapping[str, Any]) -> pa.Table:
    """Inspections within the horizon after a run's day, as known now."""
    horizon, label = _foretold(settings, manifest["model_version"])
    as_of = date.fromisoformat(manifest["as_of"])
    archive = open_archive(settings.archive_dir)
    known_on = (archive.latest_known_at + OFFICE_OFFSET).date()
    with open_engine(settings) as engine:
        return inspection_outcomes(
            engine,
            archive,
            after=as_of,
            until=max(as_of, min(add_months(as_of, horizon), known_on)),
            known_by=known_on,
            label=load_label(label),
        )


def _foretold(settings: Settings, version: str) -> tuple[int, str]:
    """Horizon in months and label of a model; of the default where its folder is gone."""
    for model in list_models(settings):
        if model.version == version and model.read is not None:
            config = model.read.manifest["config"]
            return int(config["horizon_months"]), str(config["labels"][GENERAL])
    default = load_config()
    return default.horizon_months, default.labels.general


def _inclusion(campaigns_dir: Path, *, since: date) -> pa.Table:
    """Enterprises drawn since a day, with their probability; the first round that drew them."""
    drawn: dict[str, float] = {}
    rounds = []
    for round_id, state in round_states(campaigns_dir).items():
        if state == "drawn":
            folder = frozen_folder(campaigns_dir, round_id)
            rounds.append((DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW), folder))
    for record, folder in sorted(rounds, key=lambda one: one[0].drawn_at):
        if record.drawn_at.date() > since:
            drawn = _of_round(record, (folder / SELECTED).read_bytes()) | drawn
    return pa.table([list(drawn), list(drawn.values())], schema=_DRAWN)


def _of_round(record: DrawRecord, selected: bytes) -> dict[str, float]:
    rates = {one.stratum: one.drawn / one.population for one in record.strata if one.population}
    table = pa_csv.read_csv(
        io.BytesIO(selected),
        convert_options=pa_csv.ConvertOptions(
            column_types={"uscc": pa.string(), "stratum": pa.string(), "role": pa.string()},
            include_columns=["uscc", "stratum", "role"],
        ),
    )
    rows = table.filter(pa.array([role == "drawn" for role in table["role"].to_pylist()]))
    strata = rows["stratum"].to_pylist()
    return dict(zip(rows["uscc"].to_pylist(), (rates[one] for one in strata), strict=True))
