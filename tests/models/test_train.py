"""MAIN FLOW 2 on a simulated city whose true risks are known."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.archive import Archive, build_archive
from features.build import build_matrix
from features.engine import Engine
from features.indicators import definitions_hash
from features.intake import find_source, import_file, load_mappings
from features.profile import build_profile
from features.simulation import simulate
from models.configs.training import load_config
from models.registry.artefact import load, save
from models.registry.signing import key_id
from models.study.evaluate import auc
from models.train import train
from models.trained import TrainedModels

pytestmark = pytest.mark.slow

LAST_DAY = date(2026, 10, 31)
ENTERPRISES = 3000


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    summary = simulate(folder / "files", enterprises=ENTERPRISES, seed=11, last_day=LAST_DAY)
    mappings = load_mappings()
    for path in sorted(folder / "files" / name for name in summary.rows):
        import_file(
            path,
            mapping=find_source(path, mappings),
            records_dir=folder / "records",
            received_at=datetime(2026, 11, 1, tzinfo=UTC),
            person_key=b"simulated" * 4,
        )
    return folder


@pytest.fixture(scope="module")
def city_engine() -> Iterator[Engine]:
    with Engine(memory_limit="1GB", threads=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def archive(city: Path, city_engine: Engine) -> Archive:
    return build_archive(
        city_engine, records_dir=city / "records", archive_dir=city / "archive", range_size=2000
    )


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def city_models(
    city_engine: Engine, archive: Archive, steps: list[tuple[str, int, int]]
) -> TrainedModels:
    """Quick, with the third sector that configuration alone adds."""
    third, quick = load_config("product_quality"), load_config("quick")
    few = {
        name: one.model_copy(update={"minimum_positives": 20})
        for name, one in third.sectors.items()
    }
    config = quick.model_copy(update={"labels": third.labels, "sectors": few})
    return train(
        city_engine,
        archive,
        last_known=LAST_DAY,
        config=config,
        region="440500",
        progress=lambda *step: steps.append(step),
    )


def test_the_general_model_ranks_nearly_as_the_true_risk_does(
    city: Path, city_engine: Engine, archive: Archive, city_models: TrainedModels
) -> None:
    """The true risk of today against today's probabilities: no label noise between them."""
    matrix = build_matrix(city_engine, archive, as_of=LAST_DAY)
    profile = build_profile(city_engine, archive, as_of=LAST_DAY)
    scores = city_models.scoring.score(matrix, profile)
    truth = pq.read_table(city / "files" / "truth" / "true_risk.parquet")
    truth = truth.filter(pc.equal(truth["as_of"], LAST_DAY))
    at = pc.index_in(matrix["enterprise_id"], value_set=truth["enterprise_id"].combine_chunks())
    known = np.flatnonzero(pc.is_valid(at).to_numpy())
    risk = truth["true_probability"].take(at.drop_null()).to_numpy()
    assert len(known) > 0.8 * matrix.num_rows
    riskiest = risk >= np.quantile(risk, 0.9)
    assert auc(riskiest, scores.probability[known]) > 0.85
    assert scores.probability[known].mean() == pytest.approx(risk.mean(), abs=0.03)


def test_figures_come_from_a_window_after_the_purge_gap(city_models: TrainedModels) -> None:
    report = city_models.reports["general"]
    assert report.figures["auc"].value > 0.65
    assert report.figures["days_earlier"].value > 20
    by_part: dict[str, list[dict[str, object]]] = {}
    for one in city_models.cohorts:
        by_part.setdefault(str(one["part"]), []).append(dict(one))
    test_day = str(by_part["test"][0]["as_of"])
    assert test_day == "2025-10-31"
    assert all(str(one["until"]) <= test_day for one in by_part["training"])
    assert all(str(one["known_by"]) <= test_day for one in by_part["training"])
    assert max(str(one["until"]) for one in by_part["shipped"]) == "2026-10-31"


def test_observed_rates_rise_with_the_grade(city_models: TrainedModels) -> None:
    grades = city_models.reports["general"].grades
    filled = [rate for rows, rate in grades.values() if rows >= 30]
    assert len(filled) >= 2
    assert filled == sorted(filled)


def test_the_shipped_cut_offs_belong_to_the_last_known_day(city_models: TrainedModels) -> None:
    cut = city_models.scoring.cut_offs
    assert cut is not None
    assert cut.as_of == LAST_DAY
    assert cut.reached_per_mille["A"] == pytest.approx(654, abs=5)
    assert cut.population > 0.7 * ENTERPRISES


def test_progress_runs_to_its_end(
    city_models: TrainedModels, steps: list[tuple[str, int, int]]
) -> None:
    done = [step[1] for step in steps]
    assert done == sorted(done)
    assert steps[-1][1] == steps[-1][2]


def test_a_saved_model_scores_ranges_as_one_and_on_the_engine(
    tmp_path: Path, city_engine: Engine, archive: Archive, city_models: TrainedModels
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    save(city_models, tmp_path / "v1", key=key, created_at=datetime(2026, 11, 1, tzinfo=UTC))
    loaded = load(
        tmp_path / "v1",
        trusted={key_id(key.public_key()): key.public_key()},
        definitions_hash=definitions_hash(),
    )
    matrix = build_matrix(city_engine, archive, as_of=LAST_DAY)
    profile = build_profile(city_engine, archive, as_of=LAST_DAY)
    whole = loaded.score(matrix, profile)
    assert (whole.probability == city_models.scoring.score(matrix, profile).probability).all()
    table = city_engine.memory(matrix)
    query = table.select("enterprise_id", told=loaded.scorecard.to_expression(table))
    told = city_engine.to_arrow(query.order_by("enterprise_id"))["told"].to_numpy()
    assert np.abs(told - whole.general_log_odds).max() < 1e-12
    assert archive.range_count == 2
    first = build_matrix(city_engine, archive, as_of=LAST_DAY, range_no=0)
    assert (
        loaded.score(first, profile.slice(0, first.num_rows)).probability
        == whole.probability[: first.num_rows]
    ).all()


def test_a_sector_added_by_configuration_is_read_kept_and_shown(
    city_engine: Engine, archive: Archive, city_models: TrainedModels, tmp_path: Path
) -> None:
    """So small a city has too few of its labels: its members are served by the general model."""
    own = [one for one in city_models.cohorts if one["model"] == "product_quality"]
    assert sum(one["rows"] for one in own if one["part"] == "shipped") > 50
    assert "product_quality" not in city_models.scoring.sectors
    key = Ed25519PrivateKey.generate()
    created_at = datetime(2026, 11, 1, tzinfo=UTC)
    save(city_models, tmp_path / "model", key=key, created_at=created_at)
    assert "工业产品质量子模型" in (tmp_path / "model" / "model_card.md").read_text("utf-8")
    loaded = load(
        tmp_path / "model",
        trusted={key_id(key.public_key()): key.public_key()},
        definitions_hash=definitions_hash(),
    )
    matrix = build_matrix(city_engine, archive, as_of=LAST_DAY)
    profile = build_profile(city_engine, archive, as_of=LAST_DAY)
    belongs = loaded.belongs(matrix, profile)["product_quality"]
    scores = loaded.score(matrix, profile)
    assert belongs.sum() > 50
    assert set(scores.sector[belongs]) <= {"general", "special_equipment", "food"}
    before = city_models.scoring.score(matrix, profile)
    assert (before.probability == scores.probability).all()
