"""Comparison, drift and the written query on a finished job."""

import json
import shutil
from datetime import date

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.archive import open_archive
from features.engine import Engine
from features.messages import Message
from models.cards.report_tables import ReportPart
from models.comparison.report import comparison_parts
from models.labels.cohorts import population
from models.rating.distribution import MISSING_BIN, PROBABILITY, group_counts
from models.rating.scorecard_sql import LOG_ODDS, with_scores
from models.rating.scorecard_sql import PROBABILITY as SQL_PROBABILITY
from service.campaigns.errors import RunChangedError
from service.model_registry.comparing import compare_models
from service.model_registry.drifting import drift_between
from service.model_registry.errors import UnknownRunError
from service.model_registry.operations import champion, champion_folder
from service.pipeline import operations
from service.settings import Settings
from tests.whole_job.conftest import LAST_DAY, WholeJob

pytestmark = pytest.mark.slow
EARLIER = date(2026, 6, 30)


@pytest.fixture(scope="module")
def copied(whole_job: WholeJob, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The finished job with a second run, of an earlier day."""
    home = tmp_path_factory.mktemp("reports") / "home"
    shutil.copytree(whole_job.settings.home, home)
    settings = whole_job.settings.model_copy(update={"home": home})
    operations.score(settings, as_of=EARLIER)
    return settings


def runs_of(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.runs_dir.glob("2*"))


def part(parts: list[ReportPart], sheet: str) -> ReportPart:
    return next(one for one in parts if one.sheet == sheet)


def test_a_run_keeps_how_many_stood_in_each_bin(whole_job: WholeJob) -> None:
    folder = whole_job.outcome.run.folder
    counts = pq.read_table(folder / "distribution.parquet")
    total = whole_job.outcome.run.manifest["enterprises"]
    grades = pq.read_table(folder / "grades.parquet")
    rows = {"general": total, "food": pc.sum(grades["is_food"]).as_py()}
    groups = group_counts(counts)
    assert set(groups) == {*rows, "special_equipment"}
    for group, enterprises in rows.items():
        assert {int(one.sum()) for one in groups[group].values()} == {enterprises}
    low = pc.sum(pc.less(grades["probability"], 0.05)).as_py()
    own = counts.filter(pc.equal(counts["name"], PROBABILITY)).to_pylist()
    assert {row["bin"]: row["rows"] for row in own}[0] == low
    assert {row["bin"]: row["rows"] for row in own}[MISSING_BIN] == 0


def test_drift_between_two_months(copied: Settings) -> None:
    before, now = runs_of(copied)
    parts = drift_between(copied, before, now)
    assert part(parts, "等级迁移").rows[-1][-1] > 400  # type: ignore[operator]
    used = champion(copied).scorecard.used_names
    assert {row[1] for row in part(parts, "指标").rows} >= set(used)
    assert {row[0] for row in part(parts, "行业").rows} == {
        "食品 food",
        "特种设备 special equipment",
    }
    assert len(part(parts, "行业迁移").rows) == 8
    found = part(parts, "实际").rows
    assert found[0][2] > 30  # type: ignore[operator]
    same = drift_between(copied, before, before)
    assert {row[2] for row in part(same, "指标").rows} == {0.0}
    with pytest.raises(UnknownRunError, match=now):
        drift_between(copied, before, "2020-01-01-none")
    manifest = json.loads((copied.runs_dir / now / "manifest.json").read_bytes())
    assert "distribution.parquet" in manifest["files"]
    path = copied.runs_dir / now / "distribution.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunChangedError, match="distribution"):
        drift_between(copied, before, now)


def test_one_model_in_two_months_tells_who_moved_and_why(copied: Settings) -> None:
    name = champion_folder(copied).name
    found = compare_models(
        copied, name, name, as_of=EARLIER, then=LAST_DAY, progress=lambda done, of: None
    )
    assert isinstance(found.held_out, Message)
    assert found.migration.sum() == found.enterprises > 400
    assert len(found.movers) == 20
    assert set(found.sectors) == {"food", "special_equipment"}
    assert 0 < found.sectors["food"].migration.sum() < found.enterprises
    assert found.shifts is not None
    assert {one.name for one in found.shifts["general"].indicators} >= set(
        found.first.model.scorecard.used_names
    )
    assert [one.sheet for one in comparison_parts(found)].count("指标变动") == 1
    scale = found.second.model.points_scale
    for mover in found.movers:
        told = sum(reason.points for reason in mover.reasons)
        change = mover.points[1] - mover.points[0]
        assert np.sign(told) == np.sign(change) or abs(told) < scale.per_log_odds
        assert any(
            reason.before != reason.after and not np.isnan(reason.after) for reason in mover.reasons
        )


def test_a_model_is_not_judged_on_what_it_learned_from(copied: Settings) -> None:
    name = champion_folder(copied).name
    found = compare_models(copied, name, name, as_of=EARLIER, progress=lambda done, of: None)
    assert isinstance(found.held_out, Message)
    assert LAST_DAY.isoformat() in found.held_out.zh
    assert np.trace(found.migration) == found.enterprises
    assert found.score_psi == found.sectors["food"].score_psi == 0
    assert found.shifts is None  # one day


def test_the_query_grades_the_city_as_python_does(whole_job: WholeJob) -> None:
    model, archive = champion(whole_job.settings), open_archive(whole_job.settings.archive_dir)
    with Engine() as engine:
        for matrix, profile in population(engine, archive, as_of=LAST_DAY):
            scored = with_scores(model, engine.memory(matrix)).order_by("enterprise_id")
            found = engine.to_arrow(scored.select(LOG_ODDS, SQL_PROBABILITY))
            told = model.score(matrix, profile)
            gap = found[LOG_ODDS].to_numpy() - told.general_log_odds
            assert np.abs(gap).max() <= 1e-12
            gap = found[SQL_PROBABILITY].to_numpy() - told.general_probability
            assert np.abs(gap).max() <= 1e-12


def test_the_demonstration_put_its_first_model_into_use(whole_job: WholeJob) -> None:
    assert whole_job.outcome.training.state == "champion"
    assert whole_job.outcome.training.folder == champion_folder(whole_job.settings)
