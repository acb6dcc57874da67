"""`xinheng measures | key-supervision | health-index` on a small simulated archive and run."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engine import Engine
from features.profile import build_profile
from law.files import sha256_of
from service.cli import main
from service.measures import operations
from service.settings import get_settings
from tests.features.random_records import build, random_tables

AS_OF, TODAY = date(2025, 6, 30), date(2025, 7, 1)
RUN = f"{AS_OF}-simulated"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SIMULATED: 80 enterprises in two ranges, and a run that grades them in turn A to D."""
    folder = tmp_path_factory.mktemp("measures")
    archive = build(folder, random_tables(enterprises=80, records=2500, seed=7), range_size=40)
    with Engine() as engine:
        profile = build_profile(engine, archive, as_of=AS_OF)
    grades = pa.array([*("ABCD" * len(profile))[: len(profile)]])
    run = folder / "runs" / RUN
    run.mkdir(parents=True)
    pq.write_table(profile.append_column("grade", grades), run / "grades.parquet")
    manifest = {
        "as_of": AS_OF.isoformat(),
        "region": "440500",
        "archive_build": archive.build_id,
        "files": {"grades.parquet": sha256_of(run / "grades.parquet")},
    }
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setenv("XINHENG_THREADS", "1")
    monkeypatch.setenv("COLUMNS", "200")
    return home


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["xinheng", *arguments])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_one_enterprise_asked_for_alone_has_what_the_batch_gives_it(at_home: Path) -> None:
    settings = get_settings()
    with operations.open_desk(settings, run_id=RUN, today=TODAY) as desk:
        plan, view = operations.make_plan(desk, year=2026), operations.overview(desk)
        tasks = operations.guidance(desk)
    for uscc in plan.rows["enterprise_id"].to_pylist()[::40]:
        with operations.open_desk(settings, run_id=RUN, today=TODAY, enterprise_id=uscc) as desk:
            alone = operations.make_plan(desk, year=2026)
            pairs = [
                (plan.rows, alone.rows),
                (plan.demands, alone.demands),
                (view, operations.overview(desk)),
                (tasks, operations.guidance(desk)),
            ]
        for batch, single in pairs:
            own = [row for row in batch.to_pylist() if row["enterprise_id"] == uscc]
            assert single.to_pylist() == own


def test_the_plan_is_written_with_grounds_and_the_state_of_its_law(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "plan.xlsx"
    assert run_command(monkeypatch, "measures", "plan", "--year", "2026", "--out", str(out)) == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["检查计划", "规则要求", "措施表", "说明"]
    notes = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert "54号" in notes["上限依据"]
    assert "模型等级代替" in notes["注意"]
    assert book["措施表"].max_row == 13


def test_the_list_goes_from_proposal_to_notice_and_review(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def key(*arguments: str) -> int:
        return run_command(monkeypatch, "key-supervision", *arguments)

    assert key("confirm", "--all", "--by", "张三") != 0
    assert key("propose") == 0
    assert key("confirm", "--all", "--by", "张三") == 2
    assert "--office" in capsys.readouterr().err
    signed = ("--by", "张三", "--reason", "核实")
    assert key("confirm", "--all", *signed, "--office", "信用监管科") == 0
    register = (at_home / "key_supervision" / "register.jsonl").read_text(encoding="utf-8")
    uscc = json.loads(register.splitlines()[0])["enterprise_id"]
    assert key("notify", uscc, "--by", "张三") == 0
    (notice,) = (at_home / "key_supervision" / "notices").glob("*.html")
    assert "信用监管科" in notice.read_text(encoding="utf-8")
    assert key("served", notice.stem, "--by", "张三") == 2
    how = ("--method", "直接送达", "--receiver", "李四")
    assert key("served", notice.stem, "--by", "张三", *how) == 0
    assert key("review", uscc, *signed) == 2
    assert key("review", uscc, "--leave", *signed) == 0
    assert key("list", "--edition", "3") == 2
    capsys.readouterr()
    assert key("list", "--edition", "1") == 0
    assert uscc in capsys.readouterr().out


def test_the_index_is_shown_as_no_grade(
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    page = tmp_path / "health.html"
    assert run_command(monkeypatch, "health-index", "--by", "industry", "--out", str(page)) == 0
    assert "不是风险等级" in capsys.readouterr().out
    assert "not a grade" in page.read_text(encoding="utf-8")
    assert run_command(monkeypatch, "health-index", "--out", str(tmp_path / "h.pdf")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("measures", "plan", "--run", "2020-01-31-none"), RUN),
        (("measures", "show", "91440500NOBODY0000"), "91440500NOBODY0000"),
        (("measures", "plan", "--year", "2029"), "--year"),
        (("measures", "table", "--year", "2015"), "measures.supervision"),
        (("measures", "set-level", "E0000001", "甲", "--reason", "错"), "--by"),
        (("key-supervision", "served", "ZDJG-1999-0001"), "ZDJG-1999-0001"),
    ],
)
def test_mistakes_are_told_in_two_languages(
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert run_command(monkeypatch, *arguments) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 2
    assert all(said in line for line in told)


def test_a_changed_run_is_refused(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = at_home / "runs" / "2024-01-31-changed"
    run.mkdir()
    (run / "grades.parquet").write_bytes(b"")
    manifest = {"files": {"grades.parquet": "0" * 64}}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert run_command(monkeypatch, "measures", "plan", "--run", run.name) == 2
    assert "被改动" in capsys.readouterr().err
