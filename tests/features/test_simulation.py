"""The simulated city: its files, its planted dirt, its process and its truth."""

import hashlib
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from python_calamine import CalamineWorkbook
from stdnum.cn import uscc

from features.errors import MappingError
from features.identifiers import (
    explain_licence_number,
    explain_registration_number,
    organisation_check,
)
from features.indicators.windows import months_before
from features.mapping import SOURCES_FOLDER, find_source, load_mapping, load_mappings
from features.simulation import inspections, simulate
from features.simulation.city import City
from features.simulation.errors import SimulationError
from features.simulation.numbering import (
    credit_codes,
    food_licence_numbers,
    registration_numbers,
)
from features.simulation.parameters import DETECTION, EQUIPMENT, FOOD, KINDS, PROCESS
from features.simulation.process import step
from features.simulation.truth import expected_finding
from tests.features.conftest import LAST_DAY, Written, records


def hashes(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        simulate(tmp_path / name, enterprises=120, seed=seed, last_day=date(2024, 2, 29), years=2)
    one, two, other = (hashes(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] == other[name]] == ["说明_SIMULATED.txt"]


def test_the_folder_appears_whole_and_nothing_else(written: Written) -> None:
    names = {path.name for path in written.folder.iterdir()}
    files = {*written.summary.rows, *written.summary.unidentified_rows}
    assert names == {*files, "staff", "truth", "说明_SIMULATED.txt"}
    assert [path.name for path in written.folder.parent.iterdir()] == ["out"]


def test_wrong_arguments_are_told_at_once_and_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(SimulationError) as refused:
        simulate(tmp_path, enterprises=3, seed=-1, last_day=LAST_DAY, years=0)
    for part in ("3 enterprises", "seed -1", "years is 0", "not an empty folder"):
        assert part in refused.value.en
    assert "请换一个文件夹" in refused.value.zh
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_progress_rises_to_its_end(written: Written) -> None:
    done = [step_done for step_done, _ in written.progress]
    assert done == sorted(done)
    assert written.progress[-1][0] == written.progress[-1][1]
    assert {total for _, total in written.progress} == {done[-1]}


def test_encodings_are_those_of_the_departments(written: Written) -> None:
    content = {name: (written.folder / name).read_bytes() for name in written.summary.rows}
    assert content["模拟_行政处罚.csv"].startswith(b"\xef\xbb\xbf")
    assert content["模拟_投诉举报.csv"].decode("utf-8").startswith("统一社会信用代码")
    for name in ("模拟_企业登记.csv", "模拟_监督检查.csv", "模拟_行政强制.csv"):
        assert content[name].decode("gb18030").startswith("统一社会信用代码")
        with pytest.raises(UnicodeDecodeError):
            content[name].decode("utf-8")


def test_every_file_says_that_it_is_simulated(written: Written) -> None:
    mappings = load_mappings()
    for name, rows in written.summary.rows.items():
        path = written.folder / name
        if path.suffix == ".xlsx":
            assert "说明" in CalamineWorkbook.from_path(str(path)).sheet_names
        elif path.suffix == ".parquet":
            marks = pq.read_table(path, columns=["数据性质"]).column(0).to_pylist()
            assert marks == ["模拟数据 SIMULATED"] * rows
        else:
            encoding = find_source(path, mappings).encoding.replace("utf-8", "utf-8-sig")
            text = path.read_bytes().decode(encoding)
            totals = written.dirt["files"][name]["kinds"].get("totals_row", 0)
            assert text.count("模拟数据 SIMULATED") == rows - totals, name
    assert records(written, "registration")["name"].str.contains("（模拟）").all()


def test_intake_refuses_exactly_the_planted_rows(written: Written) -> None:
    assert written.dirt["files"].keys() == written.reports.keys()
    for name, planted in written.dirt["files"].items():
        report = written.reports[name]
        assert (name, report.rows) == (name, planted["rows"])
        assert (name, report.rejected_rows) == (name, planted["rejected_rows"])
        assert report.skipped_rows == 0
        tidied = [warning.en for warning in report.warnings if "half-width" in warning.en]
        full_width = planted["kinds"].get("full_width_digits", 0)
        assert [f"({full_width} rows" in text for text in tidied] == [True] * (full_width > 0)


def test_intake_sees_the_duplicates(written: Written) -> None:
    for name, planted in written.dirt["files"].items():
        if name != "模拟_企业登记.csv":  # two changes on one day share their key
            assert (name, written.reports[name].duplicates) == (name, planted["duplicate_rows"])


def test_every_kind_of_dirt_is_there_and_rare(written: Written) -> None:
    files = written.dirt["files"].values()
    total = sum(file["rows"] for file in files)
    for kind in written.dirt["effects"]:
        planted = sum(file["kinds"].get(kind, 0) for file in files)
        assert 0 < planted < 0.01 * total, kind
    rejected = sum(file["rejected_rows"] for file in files)
    assert 0.003 < rejected / total < 0.012


def test_late_rows_are_counted(written: Written) -> None:
    complaints = written.dirt["files"]["模拟_投诉举报.csv"]
    table = pd.read_csv(written.folder / "模拟_投诉举报.csv", dtype=str)
    received = pd.to_datetime(table["接收日期"], format="mixed", errors="coerce")
    waited = (pd.to_datetime(table["归集日期"]) - received).dt.days
    unreadable = complaints["kinds"]["impossible_day"]
    seen = int((waited > written.dirt["late_after_days"]).sum())
    assert seen <= complaints["late_rows"] <= seen + 2 * unreadable
    assert 0.005 < complaints["late_rows"] / len(table) < 0.06


def test_nothing_is_known_before_it_happened_or_after_the_export(written: Written) -> None:
    for kind in ("registration", "inspection", "penalty", "list_entry", "annual_report"):
        table = records(written, kind)
        known = (table["known_at"] + pd.Timedelta(hours=8)).dt.normalize()
        assert (known >= pd.to_datetime(table["event_on"])).all(), kind
        assert (known <= pd.Timestamp(LAST_DAY)).all(), kind


def test_a_column_that_knows_the_future_cannot_be_mapped(tmp_path: Path) -> None:
    mapping = yaml.safe_load((SOURCES_FOLDER / "city_registrations.yaml").read_text("utf-8"))
    mapping["records"][0]["fields"]["attribute_1"] = {"column": "导出时状态"}
    path = tmp_path / "city_registrations.yaml"
    path.write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    with pytest.raises(MappingError, match="snapshot"):
        load_mapping(path)


def test_credit_codes_are_valid_and_reserved() -> None:
    serials = np.array([0, 1, 30, 31, 961, 123_456, 31**6 - 1])
    codes = credit_codes(
        np.full(len(serials), "91"), areas=np.full(len(serials), "440507"), serials=serials
    )
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert uscc.is_valid(str(code))
        assert organisation_check(str(code)[8:16]) == code[16]
        assert code[8:10] == "XN"


def test_licence_and_registration_numbers_pass_their_checks(written: Written) -> None:
    serials = np.arange(1, 400, 7)
    heads = np.full(len(serials), "104440507")
    numbers = [
        *food_licence_numbers("SC", heads, serials=serials),
        *food_licence_numbers("JY", np.full(len(serials), "2440515"), serials=serials),
        *records(written, "licence")["licence_no"],
    ]
    assert {number[:2] for number in numbers} == {"SC", "JY", "YB", "TS"}
    assert [number for number in numbers if explain_licence_number(str(number))] == []
    plain = registration_numbers(
        np.full(len(serials), "440511"), kinds=np.full(len(serials), "6"), serials=serials
    )
    assert [number for number in plain if explain_registration_number(str(number))] == []


def test_staff_can_inspect_everywhere_and_avoidance_names_known_parties(written: Written) -> None:
    staff = pd.read_csv(written.folder / "staff" / "inspectors.csv", dtype=str)
    pairs = pd.read_csv(written.folder / "staff" / "avoidance.csv", dtype=str)
    assert staff["inspector_id"].is_unique
    assert staff.groupby("area_code").size().min() >= 2
    assert len(staff["area_code"].unique()) == 7
    assert pairs["inspector_id"].isin(staff["inspector_id"]).all()
    truth_ids = {str(code) for code in records(written, "registration")["enterprise_id"]}
    assert pairs["uscc"].isin(truth_ids).mean() > 0.9
    assert not pairs.duplicated(["inspector_id", "uscc"]).any()


def test_truth_adds_up_and_names_the_living(written: Written) -> None:
    truth = pq.read_table(written.folder / "truth" / "true_risk.parquet").to_pandas()
    assert len(truth) == written.summary.truth_rows
    days = [months_before(LAST_DAY, back) for back in (36, 24, 12, 0)]
    assert list(dict.fromkeys(truth["as_of"])) == days
    assert not truth.duplicated(["as_of", "enterprise_id"]).any()
    assert truth["true_probability"].between(0, 1).all()
    pieces = ["general_log_odds", "laxness", "food_log_odds", "special_equipment_log_odds"]
    np.testing.assert_allclose(truth[pieces].sum(axis=1), truth["log_odds"])
    parts = truth["quality"] + truth["legal_representative"] + truth["drift"] + truth["heat"]
    np.testing.assert_allclose(parts - truth["correction"], truth["laxness"])
    gone = records(written, "registration").query("event == 'deregistration'")
    today = truth[truth["as_of"] == LAST_DAY]
    assert not today["enterprise_id"].isin(gone["enterprise_id"]).any()


def finding_rates(city: City, back: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """True probability and outcome of each visit of a kind in the year after an as-of day."""
    month = city.timeline.months - 1 - back
    start = city.timeline.bounds[month + 1].astype(date)
    present = city.in_business(np.arange(city.people.size), np.full(city.people.size, month + 1))
    chance = expected_finding(
        city.world, city.history.snapshots[month], start=start, present=present, seed=1
    )
    visits = city.history.visits
    taken = (visits["kind"] == KINDS.index(kind)) & (visits["month"] > month)
    taken &= (visits["month"] <= month + 12) & present[visits["enterprise"]]
    return chance[visits["enterprise"][taken]], visits["found"][taken] > 0


def test_true_risk_is_calibrated_on_drawn_visits_and_ranks_them(city: City) -> None:
    years = [finding_rates(city, back, "double_random") for back in (12, 24, 36)]
    chance, found = (np.concatenate(part) for part in zip(*years, strict=True))
    for group in np.array_split(np.argsort(chance), 3):
        expected, spread = chance[group].sum(), (chance[group] * (1 - chance[group])).sum()
        assert abs(found[group].sum() - expected) < 3.5 * np.sqrt(spread)
    ranks = pd.Series(chance).rank().to_numpy()
    bad = found.sum()
    auc = (ranks[found].sum() - bad * (bad + 1) / 2) / (bad * (len(found) - bad))
    assert 0.75 < auc < 0.90


def test_true_risk_agrees_with_counting_open_problems(city: City) -> None:
    month = city.timeline.months - 13
    start = city.timeline.bounds[month + 1].astype(date)
    state, everyone = city.history.snapshots[month], np.ones(city.people.size, dtype=bool)
    before = state.heat.copy()
    told = expected_finding(city.world, state, start=start, present=everyone, seed=1, futures=4)
    again = expected_finding(city.world, state, start=start, present=everyone, seed=1, futures=4)
    np.testing.assert_array_equal(told, again)
    np.testing.assert_array_equal(before, state.heat)
    replicas, counted = state.copied(8), 0.0
    for ahead in range(1, 13):
        end = months_before(start, -ahead)
        happened = step(
            city.world,
            replicas,
            day=np.datetime64(end, "D"),
            calendar_month=end.month,
            present=everyone,
            rng=np.random.default_rng(ahead),
        )
        counted += float(happened.open_problem.mean()) / 12
    assert told.mean() == pytest.approx(DETECTION["double_random"] * counted, rel=0.03)


def test_drawn_visits_do_not_look_for_the_lax_but_others_do(city: City) -> None:
    visits, laxness = city.history.visits, city.history.laxness
    catering = city.people.group[visits["enterprise"]] == "catering"
    at_visit = laxness[visits["month"], visits["enterprise"]]

    def mean_of(kind: str) -> tuple[float, float]:
        rows = at_visit[catering & (visits["kind"] == KINDS.index(kind))]
        return float(rows.mean()), float(rows.std() / np.sqrt(len(rows)))

    group = np.flatnonzero(city.people.group == "catering")
    months = np.arange(city.timeline.months)
    open_then = np.stack([city.in_business(group, np.full(len(group), m)) for m in months])
    average = laxness[:, group][open_then].mean()
    drawn, error = mean_of("double_random")
    assert abs(drawn - average) < 4 * error
    assert mean_of("routine")[0] > drawn + 4 * error
    assert mean_of("complaint")[0] > mean_of("routine")[0]


def test_follow_ups_come_within_sixty_days_of_another_visit(city: City) -> None:
    visits = inspections.describe(city)
    table = pd.DataFrame(
        {"enterprise": visits.enterprise, "day": visits.day, "kind": visits.kind}
    ).query("kind != 'sampling_test'")
    table = table.sort_values(["enterprise", "day"], kind="stable")
    waited = table.groupby("enterprise")["day"].diff().dt.days[table["kind"] == "follow_up"]
    first = waited.isna()  # what they follow came before the first recorded month
    assert first.mean() < 0.05
    assert len(waited) > 300
    assert (waited[~first] <= 60).mean() == 1.0


def test_rates_are_those_of_a_plausible_city(city: City, sent: dict[str, pd.DataFrame]) -> None:
    people, history = city.people, city.history
    months = np.arange(city.timeline.months)
    everyone = np.arange(people.size)
    years = sum(city.in_business(everyone, np.full(people.size, m)).sum() for m in months) / 12
    entries = sent["city_list_entries"]
    listed = entries[entries["动作"] == "列入"].groupby("名单")["统一社会信用代码"].nunique()
    abnormal = (listed["经营异常名录"] + listed["标记经营异常状态"]) / people.size
    honoured = sent["city_honours"]["统一社会信用代码"].nunique() / people.size
    planned = np.isin(history.visits["kind"], [0, 1, 2])
    assert 0.30 < (people.entity_type == "individual_business").mean() < 0.38
    assert 0.3 < len(history.visits["month"]) / years < 0.7
    assert 0.015 < len(history.penalties["month"]) / years < 0.03
    assert 0.10 < history.visits["found"][planned].mean() < 0.20
    assert 0.04 < abnormal < 0.09
    assert 0.0005 < listed["严重违法失信名单"] / people.size < 0.006
    assert 0.015 < honoured < 0.045


def test_reports_missed_on_the_deadline_are_listed_in_time(sent: dict[str, pd.DataFrame]) -> None:
    entries = sent["city_list_entries"]
    ground = entries["事由"].str.startswith("1 ") & (entries["动作"] == "列入")
    day = entries.loc[ground, "决定日期"]
    assert ground.sum() > 100
    assert (day.dt.month == 7).all()
    assert day.dt.day.max() <= 14  # ten working days after 30 June
    reports = sent["city_annual_reports"]
    late = reports[reports["报送日期"].dt.month > 6]["统一社会信用代码"]
    assert late.isin(entries.loc[ground, "统一社会信用代码"]).mean() > 0.95


def test_units_carry_the_law_of_their_day(sent: dict[str, pd.DataFrame]) -> None:
    units = sent["city_special_equipment_units"]
    boilers = units[(units["设备种类"] == "1000") & (units["检验结论"] == "合格")]
    months = (boilers["下次检验日期"] - boilers["上次检验日期"]).dt.days / 30.44
    assert months.between(11.9, 14.1).mean() > 0.97  # early inspections keep the old day
    assert units.loc[units["检验结论"] == "不合格", "下次检验日期"].isna().all()
    newest = units.sort_values("状态日期").drop_duplicates("设备代码", keep="last")
    overdue = newest["下次检验日期"] < pd.Timestamp(LAST_DAY)
    assert 0.02 < overdue.mean() < 0.2


def test_documentation_gives_every_number_of_the_process() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulated_city.md").read_text("utf-8")
    for table in (PROCESS, FOOD, EQUIPMENT):
        for field in fields(table):
            assert f"| `{field.name}` | {getattr(table, field.name)} |" in text
