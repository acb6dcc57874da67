"""Patrol cycles: months from tickets, even, capped, and the same on every machine."""

import hashlib
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from law import codes
from scoring.double_random import ReadOut
from scoring.double_random.cycles import (
    CycleRules,
    draw_cycles,
    make_cycle_frame,
    make_cycle_seed,
    parse_cycle_frame,
)
from scoring.double_random.randomness import read_instant
from scoring.errors import EvidenceError, FrameError, PlanError, RandomnessError
from service.campaigns.cycles import (
    draw_year,
    freeze_cycles,
    open_cycles,
    verify_cycle_folder,
)
from service.campaigns.errors import CyclesStateError
from service.cli import build_app
from service.settings import Settings

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, simulated_rows

INTERVALS = {"甲": 2, "乙": 3, "丙": 6}
READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))


def frame_of(number: int, *, seed: int, areas: int, most_visits: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "uscc": [f"91440500MA{place:06d}XY" for place in range(number)],
            "area_code": chance.choice([f"44050{n}" for n in range(areas)], number),
            "level": chance.choice(list(INTERVALS), number),
            "visits": chance.integers(0, most_visits + 1, number),
        }
    )


@given(
    st.integers(1, 400), st.integers(0, 10_000), st.integers(1, 4), st.integers(0, 3),
    st.integers(1, 8),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_months_are_even_and_the_cap_wins(
    number: int, seed: int, areas: int, most_visits: int, cap: int
) -> None:
    frame = frame_of(number, seed=seed, areas=areas, most_visits=most_visits)
    rules = CycleRules(INTERVALS, cap)
    cycles = draw_cycles(frame, rules, seed=hashlib.sha256(str(seed).encode()).hexdigest())
    assert cycles.spread() <= 3
    met = cycles.months.sum(axis=1)
    assert (met == cycles.rows["times"]).all()
    assert (met + frame["visits"] <= np.maximum(cap, frame["visits"])).all()
    wanted = frame["level"].map({level: 12 // n for level, n in INTERVALS.items()})
    assert (met == np.minimum(wanted, np.maximum(cap - frame["visits"], 0))).all()


def test_without_a_cap_the_interval_is_kept() -> None:
    frame = frame_of(200, seed=1, areas=2, most_visits=0)
    cycles = draw_cycles(frame, CycleRules(INTERVALS, 12), seed="ab" * 32)
    for months, level in zip(cycles.months, frame["level"], strict=True):
        assert set(np.diff(np.flatnonzero(months))) <= {INTERVALS[level]}


def test_the_same_frame_in_any_order_gives_the_same_months() -> None:
    frame = frame_of(300, seed=2, areas=3, most_visits=2)
    content = make_cycle_frame(frame)
    shuffled = make_cycle_frame(frame.sample(frac=1, random_state=5))
    assert content == shuffled
    seed = make_cycle_seed(year=2027, frame_sha256=hashlib.sha256(content).hexdigest(),
                           randomness=RANDOMNESS)  # fmt: skip
    cycles = draw_cycles(parse_cycle_frame(content), CycleRules(INTERVALS, 2), seed=seed)
    first = cycles.rows.iloc[0]
    told = hashlib.sha256(f"{seed}\x1f{first['uscc']}".encode()).hexdigest()
    assert first["ticket"] == told
    # A frozen vector: whoever changes it changes what offices have published.
    digest = hashlib.sha256(np.packbits(cycles.months).tobytes()).hexdigest()
    assert digest[:16] == "00ce6fb39b1cc7b4"


def test_faulty_frames_are_refused() -> None:
    frame = frame_of(3, seed=1, areas=1, most_visits=0)
    with pytest.raises(FrameError, match="重复"):
        make_cycle_frame(pd.concat([frame, frame]))
    with pytest.raises(FrameError, match="没有可巡查"):
        make_cycle_frame(frame[:0])


def test_a_year_is_frozen_then_drawn_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Settings(home=home)
    with pytest.raises(CyclesStateError, match="尚未冻结"):
        draw_year(place, 2027, READ_OUT, now=DRAWN_AT)
    levels = home / "levels.csv"
    levels.write_text("uscc,level\n91440500MA000001XY,高\n", encoding="utf-8")
    with pytest.raises(PlanError, match="巡查等级"):
        freeze_cycles(place, 2027, randomness_name=NAME, now=FROZEN_AT, levels=levels)
    levels.write_text("uscc,level\n91440500MA000001XY,甲\n", encoding="utf-8")
    visited = home / "visited.csv"
    rows = [("000001", "2027-01-05"), ("000002", "2027-01-05"), ("000002", "2027-02-05"),
            ("000003", "2026-01-05")]  # fmt: skip
    lines = "".join(f"91440500MA{code}XY,{day}\n" for code, day in rows)
    visited.write_text(f"uscc,visited_on\n{lines}", encoding="utf-8")
    freeze_cycles(place, 2027, randomness_name=NAME, now=FROZEN_AT, levels=levels, visited=visited)
    with pytest.raises(CyclesStateError, match="名单已冻结"):
        freeze_cycles(place, 2027, randomness_name=NAME, now=FROZEN_AT)
    weak = ReadOut("123456", NAME, READ_OUT.at)
    with pytest.raises(RandomnessError):
        draw_year(place, 2027, weak, now=DRAWN_AT)
    drawn = draw_year(place, 2027, READ_OUT, now=DRAWN_AT)
    times = drawn.cycles.rows.set_index("uscc")["times"]
    assert [times[f"91440500MA00000{n}XY"] for n in (1, 2, 3)] == [1, 0, 2]
    assert drawn.cycles.rows.set_index("uscc").loc["91440500MA000001XY", "level"] == "甲"
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert draw_year(place, 2027, READ_OUT, now=later).to_workbook() == drawn.to_workbook()
    other = ReadOut("98165284730912456074", NAME, READ_OUT.at)
    with pytest.raises(CyclesStateError, match="不能重抽"):
        draw_year(place, 2027, other, now=DRAWN_AT)
    frame = home / "cycles" / "2027" / "frame.txt"
    frame.write_bytes(frame.read_bytes().replace("甲".encode(), "丙".encode()))
    with pytest.raises(EvidenceError, match="不符"):
        open_cycles(place, 2027)
    frame.unlink()
    with pytest.raises(EvidenceError, match=r"缺少 frame\.txt"):
        open_cycles(place, 2027)


@pytest.fixture(scope="module")
def drawn_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a drawn year in three areas, the cap reached by some."""
    place = Settings(home=tmp_path_factory.mktemp("cycles"))
    run = place.runs_dir / "2026-10-31-simulated"
    run.mkdir(parents=True)
    rows = simulated_rows(900)
    industries = pa.array([("6210", "5137", "2710", "")[n % 4] for n in range(900)])
    pq.write_table(rows.append_column("industry_code", industries), run / "grades.parquet")
    (run / "manifest.json").write_text('{"as_of": "2026-10-31", "created_at": "2026-11-01"}')
    visited = place.home / "visited.csv"
    lines = "".join(f"91440500MA{n:06d}XY,2027-0{n % 3 + 1}-05\n" for n in range(0, 900, 3))
    visited.write_text(f"uscc,visited_on\n{lines}", encoding="utf-8")
    freeze_cycles(place, 2027, randomness_name=NAME, now=FROZEN_AT, visited=visited)
    draw_year(place, 2027, READ_OUT, now=DRAWN_AT)
    return place.home / "cycles" / "2027"


def check_alone(folder: Path, *published: str) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parents[3] / "docs" / "verify_cycles.py"
    command = [sys.executable, "-I", str(script), str(folder), *published]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_year_is_verified_by_us_and_from_its_folder_alone(
    drawn_year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify_cycle_folder(drawn_year) == ()
    sha256 = hashlib.sha256((drawn_year / "frame.txt").read_bytes()).hexdigest()
    done = check_alone(drawn_year, sha256)
    assert done.stdout.startswith("OK 2027 enterprises 900"), done.stderr
    assert "published" in check_alone(drawn_year, "0" * 64).stderr
    monkeypatch.setenv("XINHENG_HOME", str(drawn_year.parents[1]))
    for what in ("cycles/2027", str(drawn_year)):
        told = CliRunner().invoke(build_app("verify"), ["verify", what], catch_exceptions=False)
        assert "核验通过 OK: 2027" in told.output
        assert sha256 in told.output


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("cycles.csv", b",1 7,", b",2 8,"),
        ("frame.txt", b"91440500MA000000XY", b"91440500MA000000XZ"),
        ("draw.json", RANDOMNESS.encode(), RANDOMNESS[::-1].encode()),
        ("commitment.json", b'"yearly_cap": 2', b'"yearly_cap": 3'),
        ("objects.parquet", b"PAR1", b"PAR2"),
        ("evidence.json", b'"cycles.csv": "', b'"cycles.csv": "0'),
    ],
)
def test_one_changed_byte_of_a_year_is_noticed(
    drawn_year: Path, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    folder = tmp_path / "2027"
    shutil.copytree(drawn_year, folder)
    content = (folder / name).read_bytes()
    assert old in content
    (folder / name).write_bytes(content.replace(old, new, 1))
    assert verify_cycle_folder(folder)
    assert check_alone(folder).returncode == 1
    (folder / name).unlink()
    assert {one.file for one in verify_cycle_folder(folder)} == {name}
    assert check_alone(folder).returncode == 1


def test_the_scripts_are_short_and_import_nothing_of_ours() -> None:
    text = (Path(__file__).parents[3] / "docs" / "verify_cycles.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert imported <= sys.stdlib_module_names


def test_the_command_says_that_a_patrol_is_no_inspection(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(home))

    def run(*arguments: str, at: datetime) -> str:
        monkeypatch.setattr("service.cli.campaign_cycles.aware_now", lambda: at)
        told = ["campaign", "cycles", "--year", "2027", "--randomness-name", NAME, *arguments]
        done = CliRunner().invoke(build_app("campaign"), told, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "不是行政检查" in run(at=FROZEN_AT)
    out = tmp_path / "cycles.xlsx"
    told = run("--randomness", RANDOMNESS, "--randomness-date", "2026-11-30T21:15",
               "--out", str(out), at=DRAWN_AT)  # fmt: skip
    assert "不是行政检查" in told
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["巡查计划", "每月户数", "分组", "说明"]
    assert "不是行政检查" in book["说明"]["B2"].value
    assert book["巡查计划"].max_row == 901
    assert set(codes("patrol_levels")) == {
        one.attributes["level"] for one in codes("patrol_items").values()
    }
