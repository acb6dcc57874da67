"""The files of the simulated departments: every kind, who is in them, and what hides behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.catalogue import record_kinds
from features.intake import load_mappings
from features.mapping import find_source
from features.simulation import simulate
from features.simulation.city import City
from features.simulation.departments import Departments
from features.simulation.happenings import happenings_of
from features.simulation.name_variants import NAME_CHANGES
from features.simulation.unidentified import NAME as UNIDENTIFIED
from tests.features.conftest import LAST_DAY, Written, records

CODE = "统一社会信用代码"
OF_PLACES = {"area_event"}
NEW_DIRT = 5  # files beyond the first twelve that must carry dirt


def test_every_kind_of_record_is_delivered(written: Written) -> None:
    delivered = {path.stem for path in written.records.glob("*/*.parquet")}
    assert delivered >= set(record_kinds()) - OF_PLACES
    assert not delivered & OF_PLACES


def test_the_smallest_city_has_rows_of_everything_rare(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "out", enterprises=50, seed=2, last_day=LAST_DAY, years=2)
    for name in ("模拟_生产安全事故.xlsx", "模拟_召回管理.csv", "模拟_失信被执行人.csv"):
        assert 1 <= summary.rows[name] < 30, name
    assert set(summary.unidentified_rows) == {UNIDENTIFIED}


def test_many_new_files_are_dirty_and_two_end_in_totals(written: Written) -> None:
    files = list(written.dirt["files"].values())
    assert sum(file["rejected_rows"] > 0 for file in files[12:]) >= NEW_DIRT
    totalled = [file["source"] for file in files if file["kinds"].get("totals_row")]
    assert "city_chattel_mortgages" in totalled


def test_rare_and_frequent_things_have_plausible_rates(
    city: City, sent: dict[str, pd.DataFrame]
) -> None:
    years = happenings_of(city).present.sum() / 12
    bounds = {
        "city_sampling_tests": (0.05, 0.2),
        "city_compulsory_measures": (0.003, 0.04),
        "city_equity_pledges": (0.01, 0.05),
        "city_chattel_mortgages": (0.02, 0.07),
        "city_judicial_assistance": (0.003, 0.02),
        "city_judgment_defaults": (0.006, 0.035),
        "city_commitments": (0.05, 0.15),
        "city_commitment_checks": (0.02, 0.08),
        "city_special_equipment_checks": (0.1, 0.6),
        "city_accidents": (0.0008, 0.006),
        "city_recalls": (0.002, 0.015),
        "city_related_persons": (0.5, 1.5),
        "city_related_enterprises": (0.02, 0.1),
        "city_intellectual_property": (0.03, 0.15),
        "city_announcements": (0.01, 0.06),
    }
    rates = {source: len(sent[source]) / years for source in bounds}
    wrong = {s: r for s, r in rates.items() if not bounds[s][0] < r < bounds[s][1]}
    assert wrong == {}


def mean_risk(city: City) -> pd.Series:
    """The mean risk of each enterprise while it was in business."""
    happenings = happenings_of(city)
    months = happenings.present.sum(axis=0)
    risk = (happenings.risk * happenings.present).sum(axis=0) / np.maximum(months, 1)
    return pd.Series(risk, index=city.people.enterprise_id)[months > 0]


@pytest.mark.parametrize(
    ("source", "column", "value"),
    [
        ("city_sampling_tests", "检验结论", "不合格"),
        ("city_commitment_checks", "履行情况", "未履行"),
        ("city_special_equipment_checks", "检查结果", "存在隐患"),
        ("city_recalls", "召回方式", "责令召回"),
    ],
)
def test_the_risky_come_off_worse(
    city: City, sent: dict[str, pd.DataFrame], source: str, column: str, value: str
) -> None:
    risk, table = mean_risk(city), sent[source]
    of_row = risk.reindex(table[CODE]).to_numpy()
    bad = (table[column] == value).to_numpy()
    half = of_row > np.nanmedian(of_row)
    assert bad[half].mean() > 1.2 * bad[~half].mean()


@pytest.mark.parametrize(
    ("source", "sign"),
    [
        ("city_compulsory_measures", 1),
        ("city_judgment_defaults", 1),
        ("city_judicial_assistance", 1),
        ("city_accidents", 1),
        ("city_recalls", 1),
        ("city_intellectual_property", -1),
    ],
)
def test_the_risky_are_met_more_often_and_hold_fewer_rights(
    city: City, sent: dict[str, pd.DataFrame], source: str, sign: int
) -> None:
    risk = mean_risk(city).rank(pct=True)
    met = risk.reindex(sent[source][CODE]).mean()
    assert sign * (met - 0.5) > 0.05


def test_a_test_of_food_is_the_one_in_the_inspectors_ledger(
    sent: dict[str, pd.DataFrame],
) -> None:
    tests = sent["city_sampling_tests"]
    tests = tests[tests["抽检类别"] != "工业产品抽检"]
    ledger = sent["city_inspections"].query("检查类别 == '监督抽检'")
    ledger = ledger.assign(failed=ledger["检查结果代码"] == "3")
    both = tests.merge(ledger, left_on=[CODE, "抽样日期"], right_on=[CODE, "检查日期"])
    assert len(both) > 0.95 * len(tests)  # the ledger may have been collected too late
    assert ((both["检验结论"] == "不合格") == both["failed"]).mean() > 0.99
    assert (tests["检验报告日期"] > tests["抽样日期"]).all()


def test_ends_follow_what_they_end(sent: dict[str, pd.DataFrame]) -> None:
    for source, number, action, begun, day in (
        ("city_equity_pledges", "登记编号", "登记事项", "设立登记", "登记日期"),
        ("city_chattel_mortgages", "登记编号", "登记事项", "设立登记", "登记日期"),
        ("city_judgment_defaults", "执行案号", "列入或删除", "列入", "列入或删除日期"),
    ):
        table = sent[source]
        first = table[table[action] == begun].set_index(number)[day]
        last = table[table[action] != begun].set_index(number)[day]
        assert first.index.is_unique
        assert last.index.isin(first.index).mean() > 0.95, source  # the first may come late
        both = last[last.index.isin(first.index)]
        assert (both > first.reindex(both.index)).all(), source
    frozen = sent["city_judicial_assistance"]
    ends = frozen[frozen["协助事项"] != "股权冻结"]
    assert ends["原冻结文书文号"].isin(frozen["执行文书文号"]).mean() > 0.9
    checks, given = sent["city_commitment_checks"], sent["city_commitments"]
    assert checks["承诺书编号"].isin(given["承诺书编号"]).mean() > 0.95


def test_a_person_has_one_key_in_both_registers(written: Written) -> None:
    register = records(written, "registration")
    first = register[register["event"] == "establishment"].drop_duplicates("enterprise_id")
    first = first.set_index("enterprise_id")
    posts = records(written, "related_person").query("role == 'legal_representative'")
    posts = posts[posts["event_on"].isin(first["established_on"])]
    begun = posts[posts["action"] == "begun"].drop_duplicates("enterprise_id")
    keys = first["legal_representative_key"].reindex(begun["enterprise_id"])
    same = keys.notna().to_numpy()
    assert same.sum() > 800
    at_start = (
        begun["event_on"].to_numpy()
        == first["established_on"].reindex(begun["enterprise_id"]).to_numpy()
    )
    assert (keys.to_numpy() == begun["person_key"].to_numpy())[same & at_start].all()
    shareholders = records(written, "related_person").query("role == 'shareholder'")
    headed = set(register["legal_representative_key"])
    assert 0.4 < shareholders["person_key"].isin(headed).mean() < 0.95


def test_a_new_legal_representative_ends_the_old_ones_post(sent: dict[str, pd.DataFrame]) -> None:
    posts = sent["city_related_persons"].query("职务 == '法定代表人'")
    ended = posts[posts["任免"] == "离任"]
    begun = posts[posts["任免"] == "任职"]
    assert len(ended) > 100
    at_once = ended.merge(begun, on=[CODE, "任免日期"])
    assert len(at_once) == len(ended)
    assert (at_once["证件号码_x"] != at_once["证件号码_y"]).all()
    before = ended.merge(begun, on=[CODE, "证件号码"])
    assert set(ended[CODE]) <= set(before[CODE])


def test_shares_of_an_enterprise_add_up(sent: dict[str, pd.DataFrame]) -> None:
    held = sent["city_related_persons"].query("职务 == '股东'")
    sign = np.where(held["任免"] == "任职", 1.0, -1.0)
    total = (held["持股比例（%）"].astype(float) * sign).groupby(held[CODE].to_numpy()).sum()
    assert np.isclose(total, 100.0).mean() > 0.98  # a change may still be on its way


def test_enterprises_of_one_owner_hold_each_other(
    city: City, sent: dict[str, pd.DataFrame]
) -> None:
    links = sent["city_related_enterprises"]
    owner = pd.Series(city.people.owner, index=city.people.enterprise_id)
    same = owner.reindex(links[CODE]).to_numpy() == owner.reindex(links["关联企业代码"]).to_numpy()
    assert 0.2 < same.mean() < 0.8
    forward = links[links["关系"].isin(["对外投资", "分支机构"])]
    back = links[~links["关系"].isin(["对外投资", "分支机构"])]
    pairs = forward.merge(
        back,
        left_on=[CODE, "关联企业代码", "发生日期"],
        right_on=["关联企业代码", CODE, "发生日期"],
    )
    assert len(pairs) > 0.9 * len(forward)
    assert (links[CODE] != links["关联企业代码"]).all()


def test_announcements_go_before_the_deregistration(
    sent: dict[str, pd.DataFrame], departments: Departments, city: City
) -> None:
    register = sent["city_registrations"]
    gone = register[register["登记事项"] == "注销"].set_index(CODE)["核准日期"]
    notices = sent["city_announcements"]
    for kind in ("简易注销公告", "清算公告"):
        told = notices[notices["公告类别"] == kind]
        end = gone.reindex(told[CODE]).to_numpy()
        known = ~pd.isna(end)
        assert known.mean() > 0.9, kind
        assert (end[known] > told["公告截止日期"].to_numpy()[known]).all(), kind
    mergers = departments.mergers
    assert len(mergers.absorbed) > 3
    assert (mergers.absorbed != mergers.absorbing).all()
    assert (mergers.announced < mergers.deregistered).all()
    absorbing = city.people.enterprise_id[mergers.absorbing]
    assert not set(absorbing) & set(gone.index)
    told = notices[notices["公告类别"] == "合并公告"]
    assert set(told[CODE]) <= {*absorbing, *city.people.enterprise_id[mergers.absorbed]}


def test_truth_names_the_mergers(written: Written) -> None:
    mergers = pq.read_table(written.folder / "truth" / "mergers.parquet").to_pandas()
    register = records(written, "registration")
    gone = set(register[register["event"] == "deregistration"]["enterprise_id"])
    assert len(mergers) >= 1
    assert mergers["absorbed_id"].isin(gone).mean() > 0.8  # its row may be dirty or late
    assert not mergers["absorbing_id"].isin(gone).any()
    told = records(written, "announcement").query("announcement_kind == 'merger'")
    assert set(told["enterprise_id"]) <= {*mergers["absorbed_id"], *mergers["absorbing_id"]}


def unidentified(written: Written) -> pd.DataFrame:
    """The rows of the file without codes beside who is meant."""
    rows = pd.read_csv(written.folder / UNIDENTIFIED, dtype=str, keep_default_na=False)
    truth = pq.read_table(written.folder / "truth" / "unidentified_rows.parquet").to_pandas()
    assert list(rows.columns) == [
        "登记编号", "被投诉单位", "注册号", "地址", "接收日期", "归集日期", "类别", "是否属实",
    ]  # fmt: skip
    assert len(rows) == len(truth) == written.summary.unidentified_rows[UNIDENTIFIED]
    assert list(truth["row_no"]) == list(range(2, len(rows) + 2))
    assert set(truth["file"]) == {UNIDENTIFIED}
    return pd.concat([rows, truth], axis=1)


def test_rows_without_a_code_have_a_truth(written: Written) -> None:
    rows, register = unidentified(written), records(written, "registration")
    (rule,) = find_source(written.folder / UNIDENTIFIED, load_mappings()).records
    assert rule.enterprise_id.scheme == "resolve"
    known = rows["enterprise_id"].notna()
    assert 0.15 < (~known).mean() < 0.35
    assert rows.loc[known, "enterprise_id"].isin(register["enterprise_id"]).mean() > 0.98
    assert rows.loc[~known, "注册号"].eq("").all()
    names = set(register["name"])
    assert not rows.loc[~known, "被投诉单位"].isin(names).any()
    plain = rows[known & (rows["variants"] == "")]
    assert plain["被投诉单位"].isin(names).mean() > 0.95  # a dirty row may have the only one


def test_every_way_to_write_a_name_occurs(written: Written) -> None:
    rows = unidentified(written)
    seen = set(rows["variants"].str.split(";").explode())
    assert seen >= {*NAME_CHANGES, "old_name", "unlicensed", ""}
    brackets = rows["variants"].str.contains("half_width_brackets")
    assert rows.loc[brackets, "被投诉单位"].str.contains("(模拟)", regex=False).all()
    long_form = rows["variants"].str.contains("company_suffix")
    assert rows.loc[long_form, "被投诉单位"].str.contains("有限责任公司|有限責任公司").all()
    numbers = records(written, "registration").set_index("enterprise_id")["registration_no"]
    numbered = rows[rows["注册号"] != ""]
    assert len(numbered) > 5
    expected = numbers[~numbers.index.duplicated()].reindex(numbered["enterprise_id"])
    held = expected.notna().to_numpy()
    assert (expected.to_numpy()[held] == numbered["注册号"].to_numpy()[held]).all()


def test_an_old_name_was_changed_before_the_complaint(written: Written) -> None:
    rows, register = unidentified(written), records(written, "registration")
    old = rows[rows["variants"] == "old_name"]
    assert len(old) > 3
    both = old.merge(register, on="enterprise_id")
    both = both[both["name"] == both["被投诉单位"]]
    renamed = register[register["change_items"] == "name"]
    later = both.merge(renamed, on="enterprise_id", suffixes=("", "_later"))
    assert (later["name_later"] != later["被投诉单位"]).any()
    days = pd.to_datetime(later["接收日期"])
    assert (pd.to_datetime(later["event_on_later"]) < days).any()
