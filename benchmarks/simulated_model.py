"""A model for SIMULATED populations, trained on labels drawn from known weights.

The random records of `benchmarks.population` foretell nothing, and a model trained on them would
use no indicator. Here labels follow weights over all of them, so that it uses nearly every one and
has trees for both sectors: what a batch pays for, and nothing that means anything.
"""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.chosen_indicators import CHOSEN
from benchmarks.population import LAST_DAY
from features.archive.files import Archive
from features.build import build_matrix
from features.engine import Engine
from features.indicators import catalogue, definitions_hash
from features.profile import build_profile
from models.configs.training import TrainingConfig, load_config
from models.labels.splits import Cohort
from models.labels.windows import Window
from models.learning.columns import matrix_values
from models.rating.cutoffs import choose_cut_offs
from models.rating.scoring_model import GENERAL, ScoringModel
from models.rating.sectors import memberships
from models.registry import artefact
from models.registry.signing import create_key, load_private, trusted_keys
from models.train import train_on

_ROWS, _SEED = 20_000, 20261122
_SHARES = {"A": 650, "B": 250, "C": 85, "D": 15}


def simulated_model(archive: Archive, folder: Path) -> ScoringModel:
    """The model kept under `folder`; trained on the archive's first enterprises before."""
    kept = folder / "model"
    if not kept.is_dir():
        _train(archive, folder)
    return artefact.load(
        kept, trusted=trusted_keys(folder / "keys"), definitions_hash=definitions_hash()
    )


def _train(archive: Archive, folder: Path) -> None:
    listed = archive.enterprise_files[0]
    ids = pq.read_table(listed, columns=["enterprise_id"])["enterprise_id"][:_ROWS].to_pylist()
    with Engine() as engine:
        matrix = build_matrix(
            engine, archive, as_of=LAST_DAY, range_no=0, enterprise_ids=ids, names=CHOSEN
        )
        profile = build_profile(engine, archive, as_of=LAST_DAY, range_no=0, enterprise_ids=ids)
    config = _config()
    members = {GENERAL: np.ones(matrix.num_rows, dtype=bool)}
    members |= memberships(config.sectors, matrix, profile)
    cohorts = {
        model: [_cohort(matrix.filter(pa.array(mask)), seed=_SEED + place)]
        for place, (model, mask) in enumerate(members.items())
    }
    indicators = [row for row in catalogue() if row.name in set(CHOSEN)]
    trained = train_on(
        cohorts, indicators=indicators, config=config, definitions=definitions_hash()
    )
    cut = choose_cut_offs(
        trained.scoring.rate(matrix, profile).probability,
        target_per_mille=_SHARES,
        as_of=LAST_DAY,
    )
    key = folder / "keys" / "model.key"
    create_key(key)
    artefact.save(
        replace(trained, scoring=replace(trained.scoring, cut_offs=cut)),
        folder / "model",
        key=load_private(key),
        created_at=datetime(2026, 11, 1),
    )


def _cohort(matrix: pa.Table, *, seed: int) -> Cohort:
    """All rows as if each had been inspected once, with a label drawn from the known weights."""
    names = tuple(row.name for row in catalogue() if row.name in set(CHOSEN))
    values = matrix_values(matrix, names)
    rng = np.random.default_rng(seed)
    signs = np.array([row.sign or 1 for row in catalogue() if row.name in set(CHOSEN)])
    odds = _standard(values) @ (signs * rng.uniform(0.2, 0.6, len(names))) - 2
    rows = len(values)
    return Cohort(
        window=Window(date(2024, 10, 31), date(2025, 10, 31), date(2025, 10, 31)),
        names=names,
        values=values,
        enterprise_id=matrix["enterprise_id"].to_numpy(zero_copy_only=False),
        is_bad=rng.random(rows) < 1 / (1 + np.exp(-odds)),
        inspected_on=np.full(rows, np.datetime64("2025-05-01")),
        inspection_kind=np.full(rows, "routine", dtype=object),
    )


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    filled = np.nan_to_num(values, nan=0.0)
    spread = filled.std(axis=0)
    scaled: NDArray[np.float64] = (filled - filled.mean(axis=0)) / np.where(spread, spread, 1.0)
    return np.clip(scaled, -3, 3)


def _config() -> TrainingConfig:
    content = load_config("quick").model_dump()
    content["general"] |= {"n_estimators": 600, "early_stopping_rounds": 600, "reg_lambda": 0}
    content["sector"] |= {"n_estimators": 60}
    return TrainingConfig.model_validate(content | {"folds": 2, "jobs": 1})
