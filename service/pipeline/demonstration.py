"""The whole job once, end to end, in a home of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from features.intake import ImportReport
from scoring.double_random import PlanWishes, ReadOut
from scoring.run_folder import Run
from service.campaigns.operations import (
    DrawnRound,
    HandInPaths,
    draw_round,
    freeze_round,
    plan_round,
    round_states,
    verify_round,
)
from service.clock import aware_now, office_day, utc_now
from service.installation import initialise
from service.measures.computing import follow_run
from service.model_registry.operations import promote
from service.pipeline import operations
from service.pipeline.operations import Progress, Training
from service.settings import Settings

_RANDOMNESS = "模拟骰子25次（演示用，不是公开随机数）SIMULATED 25 ten-sided dice"


@dataclass(frozen=True)
class Demonstration:
    """What to run: whose files, up to which day, with which training configuration.

    `law_on` is the day whose law applies; None for that of the records themselves.
    """

    folder: Path
    as_of: date
    config: str
    hand_ins: HandInPaths
    items: tuple[str, ...]
    seed: int
    law_on: date | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    imports: Sequence[ImportReport]
    training: Training
    run: Run
    round_id: str
    drawn: DrawnRound
    differences: int


def run_demonstration(
    demonstration: Demonstration, settings: Settings, *, progress: Progress
) -> Outcome:
    """Import, archive, train, grade, work out measures, draw, verify."""
    initialise(settings)
    items = operations.files_to_import([demonstration.folder])
    imports = [operations.import_one(item, settings, progress=progress) for item in items]
    operations.rebuild_archive(settings, progress=progress)
    training = operations.train_models(
        settings,
        last_known=demonstration.as_of,
        config=demonstration.config,
        law_on=demonstration.law_on,
        progress=progress,
    )
    if training.state == "challenger":  # a demonstration run again shows its own model
        promote(
            settings,
            training.folder.name,
            by="xinheng demo",
            reason="演示：启用刚训练的模型 demonstration",
            now=utc_now(),
        )
    run = operations.score(
        settings, as_of=demonstration.as_of, law_on=demonstration.law_on, progress=progress
    )
    if demonstration.law_on is None:  # no measures stand in the law of records that old
        follow_run(settings, run.run_id, at=utc_now(), progress=progress)
    # A round is drawn once and for all: a demonstration run again draws the next one.
    round_id = f"demo-{len(round_states(settings.campaigns_dir)) + 1}"
    drawn = draw_once(demonstration, settings, run, round_id=round_id)
    differences = verify_round(settings.campaigns_dir, round_id)
    return Outcome(imports, training, run, round_id, drawn, len(differences))


def draw_once(
    demonstration: Demonstration, settings: Settings, run: Run, *, round_id: str
) -> DrawnRound:
    """Plan, freeze and draw a round with simulated dice rolled after the freeze."""
    first = office_day(utc_now()) + timedelta(days=1)
    wishes = PlanWishes(
        round_id=round_id,
        region=settings.region,
        items=demonstration.items,
        task_from=first,
        task_to=first + timedelta(days=30),
        randomness_name=_RANDOMNESS,
    )
    plan_round(
        settings.campaigns_dir,
        settings.runs_dir,
        wishes=wishes,
        hand_ins=demonstration.hand_ins,
        run_id=run.run_id,
    )
    freeze_round(settings.campaigns_dir, round_id, now=aware_now())
    # A randomness serves one round only, so every round of a home rolls dice of its own.
    chance = np.random.default_rng([demonstration.seed, *round_id.encode()])
    dice = chance.integers(0, 10, size=25)
    read_out = ReadOut(value="".join(map(str, dice)), name=_RANDOMNESS, at=aware_now())
    return draw_round(settings.campaigns_dir, round_id, read_out, now=aware_now())


def simulated_roster(path: Path, *, until: date, inspectors: int = 60) -> Path:
    """Write a roster of simulated inspectors for a register that comes without one."""
    header = "inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *_roster_rows(until, inspectors)]) + "\n", "utf-8")
    return path


def _roster_rows(until: date, inspectors: int) -> Iterator[str]:
    for number in range(1, inspectors + 1):
        yield (
            f"SIM{number:04d},模拟检查员{number},模拟检查队{number % 6 + 1},"
            f"SIMULATED-{number:06d},{until.isoformat()},,"
        )
