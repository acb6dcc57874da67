"""One simulated city, taken through the whole job once for all tests of this folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from features.simulation import simulate
from service.campaigns.operations import HandInPaths
from service.pipeline.demonstration import Demonstration, Outcome, run_demonstration
from service.pipeline.operations import silent
from service.settings import Settings

LAST_DAY = date(2026, 10, 31)


@dataclass(frozen=True)
class WholeJob:
    """Where the city's files and the installation lie, and what came of the job."""

    city: Path
    settings: Settings
    outcome: Outcome


@pytest.fixture(scope="session")
def whole_job(tmp_path_factory: pytest.TempPathFactory) -> WholeJob:
    """Simulated files of 2,000 enterprises, imported, archived, trained, graded and drawn."""
    folder = tmp_path_factory.mktemp("whole_job")
    city = folder / "city"
    simulate(city, enterprises=2_000, seed=11, last_day=LAST_DAY)
    settings = Settings(home=folder / "home", region="440500")
    demonstration = Demonstration(
        folder=city,
        as_of=LAST_DAY,
        config="quick",
        hand_ins=HandInPaths(city / "staff" / "inspectors.csv", city / "staff" / "avoidance.csv"),
        items=("登记事项检查", "公示信息检查"),
        seed=11,
    )
    return WholeJob(city, settings, run_demonstration(demonstration, settings, progress=silent))
