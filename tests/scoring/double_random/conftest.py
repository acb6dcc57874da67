"""A simulated library and office tables, small enough for a draw in milliseconds."""

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.double_random import GradedLibrary, HandedIn, PlanWishes, read_rules
from scoring.double_random.rules import DrawRules

FROZEN_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DRAWN_AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
RANDOMNESS = "98165284730912456073"  # twenty digits: beyond what JavaScript keeps as a number
NAME = "2026年11月30日市民现场掷十面骰子20次"
AREAS = ("440507", "440511", "440523")


def simulated_rows(number: int, *, seed: int = 7) -> pa.Table:
    """Enterprises with simulated grades; two names that Excel would take for formulas."""
    chance = np.random.default_rng(seed)
    ids = [f"91440500MA{place:06d}XY" for place in range(number)]
    names = [f"模拟企业{place}" for place in range(number)]
    names[0], names[1] = '=HYPERLINK("http://x")', "+1+1"
    return pa.table(
        {
            "enterprise_id": ids,
            "name": names,
            "address": [f"模拟路{place}号" for place in range(number)],
            "area_code": chance.choice(AREAS, number, p=[0.5, 0.45, 0.05]).tolist(),
            "grade": chance.choice(list("ABCD"), number, p=[0.65, 0.25, 0.08, 0.02]).tolist(),
            "probability": chance.uniform(0, 0.3, number),
        }
    )


def inspectors_csv(number: int = 8) -> str:
    """A roster in which the last three may not inspect: expired, no certificate, no validity."""
    header = "inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters"
    rows = [
        f"P{place:02d},检查员{place},执法大队,粤E{place:04d},2027-12-31,,food;special_equipment"
        for place in range(number)
    ]
    rows += [
        "X01,过期,执法大队,粤E9001,2026-11-30,,",
        "X02,网格员,街道,,,,",
        "X03,无期,执法大队,粤E9003,,,",
    ]
    return "\n".join([header, *rows]) + "\n"


def make_wishes(**changes: object) -> PlanWishes:
    """Wishes that may be carried out, with `changes`."""
    fields: dict[str, object] = {
        "round_id": "2026-11",
        "region": "440500",
        "items": ("食品经营监督检查",),
        "task_from": date(2026, 12, 1),
        "task_to": date(2026, 12, 31),
        "randomness_name": NAME,
        "grade_ratios": {"A": 10, "B": 50, "C": 300, "D": 800},
    }
    return PlanWishes(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def rules() -> DrawRules:
    return read_rules(date(2026, 12, 1), region="440500")


@pytest.fixture(scope="session")
def library() -> GradedLibrary:
    return GradedLibrary(
        rows=simulated_rows(900),
        run_id="2026-10-31-simulated",
        as_of=date(2026, 10, 31),
        grades_sha256=hashlib.sha256(b"simulated").hexdigest(),
    )


@pytest.fixture(scope="session")
def handed_in() -> HandedIn:
    # P00 must keep away from the first half of the library, having visited it last year.
    visited = "".join(f"P00,91440500MA{place:06d}XY,上年检查人员\n" for place in range(450))
    return HandedIn(
        inspectors=inspectors_csv().encode(),
        avoidance=f"inspector_id,uscc,reason\n{visited}".encode(),
        exclusions="uscc,ground\n91440500MA000005XY,三个月内上级已检查\n".encode(),
        rested=b"uscc,visited_on\n91440500MA000007XY,2026-09-01\n",
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation's folder with one simulated grading run and the office's tables."""
    run = tmp_path / "runs" / "2026-10-31-simulated"
    run.mkdir(parents=True)
    pq.write_table(simulated_rows(900), run / "grades.parquet")
    manifest = {"as_of": "2026-10-31", "created_at": "2026-11-01T00:00:00Z"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "inspectors.csv").write_text(inspectors_csv(), encoding="utf-8")
    return tmp_path
