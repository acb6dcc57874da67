"""Corrections and withdrawals: what was known before stays, nothing is undone by accident."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.archive import (
    Archive,
    RecordAddress,
    build_archive,
    correct_record,
    find_record,
    read_enterprise,
    view_enterprise,
    withdraw_record,
)
from features.catalogue import record_schema
from features.engine import Engine
from features.errors import (
    AmbiguousRecordError,
    ArchiveBehindError,
    AsOfError,
    CorrectionError,
    RecordAddressError,
    UnknownRecordError,
)
from features.intake import list_imports, undo_import
from features.intake.staging import record_id_of
from tests.features.departments import (
    GOOD,
    OTHER,
    ROW,
    bring_in,
    instant,
    penalty_rule,
    penalty_source,
    save_mapping,
    write_csv,
)

DECISION = RecordAddress(kind="penalty", reference=ROW[1], enterprise_id=GOOD)
BY, REASON = "张三（法制科科长）", "文书原件罚款为 2 万元"
AT = "2024-09-10T03:00"


class Office:
    """An office with one ledger: its records, its archive, and what it does to them."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self.mapping = save_mapping(folder, penalty_source())
        self.send([ROW, [OTHER, "粤〔2024〕2号", *ROW[2:]]])
        self.archive = self.build()

    @property
    def records(self) -> Path:
        return self.folder / "records"

    def send(self, rows: list[list[str]], *, received: str = "2024-06-01T02:00") -> str:
        path = write_csv(self.folder / "处罚.csv", rows)
        return bring_in(path, self.mapping, received_at=instant(received)).import_id

    def build(self) -> Archive:
        self.archive = build_archive(
            self.engine, records_dir=self.records, archive_dir=self.folder / "archive"
        )
        return self.archive

    def correct(self, changes: dict[str, str], **named: Any) -> str:
        arguments: dict[str, Any] = {
            "address": DECISION,
            "by": BY,
            "reason": REASON,
            "received_at": instant(AT),
            "records_dir": self.records,
            **named,
        }
        done = correct_record(self.engine, self.archive, changes=changes, **arguments)
        return done.report.import_id

    def withdraw(self, **named: Any) -> str:
        arguments: dict[str, Any] = {
            "address": DECISION,
            "by": BY,
            "reason": "发错企业",
            "received_at": instant(AT),
            "records_dir": self.records,
            **named,
        }
        return withdraw_record(self.engine, self.archive, **arguments).report.import_id

    def seen(self, day: str, *, known: str | None = None) -> list[dict[str, Any]]:
        return read_enterprise(
            self.archive,
            GOOD,
            as_of=date.fromisoformat(day),
            known=date.fromisoformat(known) if known else None,
        )["warning"]

    def fine(self, day: str, **named: Any) -> list[Decimal]:
        return [row["fine_cny"] for row in self.seen(day, **named)]


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    return Office(tmp_path, engine)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office of which every test is refused what it asks for."""
    with Engine() as engine:
        yield Office(tmp_path_factory.mktemp("unchanged"), engine)


def faults(office: Office, changes: dict[str, str], **named: Any) -> CorrectionError:
    with pytest.raises(CorrectionError) as caught:
        office.correct(changes, **named)
    assert len(list_imports(office.records)) == 1, "nothing was written"
    return caught.value


def test_a_correction_is_known_from_its_receipt_and_the_old_state_stays(office: Office) -> None:
    before = find_record(office.engine, office.archive, address=DECISION)
    office.correct({"fine_cny": "20,000", "violation": "超范围经营"})
    assert office.fine("2024-09-30") == [15000], "not in the archive until it is built again"
    office.build()
    assert (office.fine("2024-09-09"), office.fine("2024-09-10")) == ([15000], [20000])
    (row,) = office.seen("2024-09-10")
    assert (row["violation"], row["corrected_by"], row["correction_reason"]) == (
        "超范围经营",
        BY,
        REASON,
    )
    kept = ("record_id", "source", "producer", "provider", "event_on", "matter", "penalty_kinds")
    assert {name: row[name] for name in kept} == {name: before.newest[name] for name in kept}


def test_a_correction_is_an_import_like_any_other(office: Office) -> None:
    import_id = office.correct({"fine_cny": "20000"})
    report = list_imports(office.records)[-1]
    assert report.import_id == import_id
    assert (report.source, report.rows, report.accepted) == ("test_penalties", 1, {"penalty": 1})
    assert report.file_name.startswith("更正 行政处罚")
    assert json.loads((office.records / import_id / "manifest.json").read_text("utf-8"))
    table = pq.read_table(office.records / import_id / "penalty.parquet")
    assert table.schema.equals(record_schema("penalty"))
    (row,) = table.to_pylist()
    assert (row["import_id"], row["known_at"]) == (import_id, instant(AT))
    identity = record_id_of(office.engine.memory(table), "penalty").name("id").as_table()
    assert office.engine.to_arrow(identity)["id"].to_pylist() == [row["record_id"]]


def test_undoing_a_correction_brings_the_old_state_back(office: Office) -> None:
    first = office.archive.build_id
    import_id = office.correct({"fine_cny": "20000"})
    office.build()
    undo_import(import_id, records_dir=office.records)
    assert office.build().build_id == first
    assert office.fine("2024-12-31") == [15000]
    assert office.seen("2024-12-31")[0]["corrected_by"] is None


def test_a_withdrawn_record_is_gone_from_that_day_on_only(office: Office) -> None:
    import_id = office.withdraw()
    office.build()
    assert (office.fine("2024-09-09"), office.fine("2024-09-10")) == ([15000], [])
    assert office.fine("2024-09-09", known="2024-09-10") == []
    with pytest.raises(CorrectionError, match="已于 2024-09-10 由张三"):
        office.withdraw(received_at=instant("2024-10-01T00:00"))
    with pytest.raises(CorrectionError, match=f"undo-import {import_id}"):
        office.correct({"fine_cny": "1"}, received_at=instant("2024-10-01T00:00"))
    undo_import(import_id, records_dir=office.records)
    office.build()
    assert office.fine("2024-12-31") == [15000]


def test_the_monthly_export_undoes_neither_correction_nor_withdrawal(office: Office) -> None:
    """A ledger without a day of collection is known when received, later than the correction."""
    rule = {name: value for name, value in penalty_rule().items() if name != "known_at"}
    ignored = ["备注", "归集日期"]
    office.mapping = save_mapping(office.folder, penalty_source(records=[rule], ignore=ignored))
    office.send([ROW, [*ROW[:1], "粤〔2024〕3号", *ROW[2:]]], received="2024-06-02T00:00")
    office.build()
    office.correct({"fine_cny": "20000"})
    third = RecordAddress(kind="penalty", reference="粤〔2024〕3号", enterprise_id=GOOD)
    office.withdraw(address=third)
    whole = [[GOOD, no, *ROW[2:]] for no in (ROW[1], "粤〔2024〕3号", "9号")]
    office.send(whole, received="2024-10-01T00:00")
    office.build()
    assert {r["decision_no"]: r["fine_cny"] for r in office.seen("2024-12-31")} == {
        ROW[1]: 20000,
        "9号": 15000,
    }
    office.correct({"fine_cny": "15000"}, received_at=instant("2024-10-05T00:00"))
    office.build()
    assert {r["fine_cny"] for r in office.seen("2024-12-31")} == {15000}, "corrected back"
    new = [*ROW[:4], "3", *ROW[5:]]
    office.send([new, [*new[:1], "粤〔2024〕3号", *new[2:]]], received="2024-11-01T00:00")
    office.build()
    said = {r["decision_no"]: r["fine_cny"] for r in office.seen("2024-12-31")}
    assert said == {ROW[1]: 30000, "粤〔2024〕3号": 30000, "9号": 15000}, "it says something new"


def test_the_day_of_the_event_can_be_corrected(office: Office) -> None:
    office.correct({"event_on": "2024年1月3日"})
    office.build()
    assert [row["event_on"] for row in office.seen("2024-09-10")] == [date(2024, 1, 3)]
    with pytest.raises(CorrectionError, match="晚于更正之日 2024-09-12"):
        office.correct({"event_on": "2024-09-13"}, received_at=instant("2024-09-12T03:00"))


def test_a_field_can_be_cleared_unless_it_is_required(office: Office) -> None:
    office.correct({"fine_cny": " "})
    office.build()
    assert office.fine("2024-09-10") == [None]


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"fine_cny": "五万"}, "【罚款金额（元） fine_cny】“五万”不是数字", "is not a number"),
        ({"fine_cny": "1.001"}, "精确到分以下", "finer than one cent"),
        ({"fine_cny": "-1"}, "不能为负数", "negative"),
        ({"matter": "foods"}, "“foods”不是已知的取值（已知：", "not a known value"),
        ({"matter": ""}, "必填项为空", "is required"),
        ({"penalty_kinds": "fine;fines"}, "“fines”不是已知的取值", "not a known value"),
        ({"is_serious": "也许"}, "应为其中之一：是、", "must be one of"),
        ({"event_on": "2023-02-29"}, "日历上没有这一天", "not a day of the calendar"),
        ({"event_on": ""}, "【处罚决定日期 event_on】必填项为空", "is required"),
        ({"event_on": "2024-09-11"}, "晚于更正之日 2024-09-10", "after the day of the correction"),
        ({"decision_no": "x"}, "请撤回本记录", "withdraw the record"),
        ({"enterprise_id": OTHER}, "请撤回本记录", "withdraw the record"),
        ({"producer": "x"}, "没有可更正的字段“producer”", "no field"),
        ({"fines": "1"}, "可更正：event_on、penalty_kinds", "there are: event_on"),
        ({"fine_cny": "15000.00"}, "没有任何改动", "nothing would change"),
        ({}, "没有任何改动", "nothing would change"),
    ],
)
def test_what_is_refused(unchanged: Office, changes: dict[str, str], zh: str, en: str) -> None:
    error = faults(unchanged, changes)
    assert zh in error.zh
    assert en in error.en


def test_all_faults_are_told_at_once(unchanged: Office) -> None:
    error = faults(
        unchanged, {"fine_cny": "x", "decision_no": "y", "nothing": "z"}, by=" ", reason="\n"
    )
    assert "有 5 处问题" in error.zh
    for told in ("由谁更正", "理由", "不是数字", "哪一条记录", "没有可更正的字段“nothing”"):
        assert told in error.zh


def test_personal_data_cannot_be_corrected_by_text(tmp_path: Path, engine: Engine) -> None:
    rule = {
        "kind": "registration",
        "enterprise_id": {"column": "统一社会信用代码"},
        "event_on": {"column": "决定日期"},
        "fields": {
            "event": {"constant": "establishment"},
            "status": {"constant": "active"},
            "name": {"column": "文号"},
            "legal_representative_key": {"column": "种类", "hash": "person"},
        },
    }
    ignore = ["归集日期", "罚款（万元）", "领域"]
    mapping = save_mapping(tmp_path, penalty_source(records=[rule], ignore=ignore))
    bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    archive = build_archive(
        engine, records_dir=tmp_path / "records", archive_dir=tmp_path / "archive"
    )
    rows = read_enterprise(archive, GOOD, as_of=date(2024, 9, 1))["basic"]
    with pytest.raises(CorrectionError, match="只保存密钥摘要") as caught:
        correct_record(
            engine,
            archive,
            address=RecordAddress(record_id=rows[0]["record_id"]),
            changes={"legal_representative_key": "李四", "event_on": "2024-01-01"},
            by=BY,
            reason=REASON,
            received_at=instant(AT),
            records_dir=tmp_path / "records",
        )
    assert "“登记或变更日期 event_on”决定了这是哪一条记录" in str(caught.value)


def test_a_correction_before_what_it_corrects_is_refused(unchanged: Office) -> None:
    error = faults(unchanged, {"fine_cny": "1"}, received_at=instant("2024-01-08T16:00"))
    assert "请核对时钟" in error.zh


def test_which_record(unchanged: Office) -> None:
    office = unchanged
    found = find_record(office.engine, office.archive, address=DECISION)
    by_id = RecordAddress(record_id=found.record_id)
    assert find_record(office.engine, office.archive, address=by_id) == found
    assert (found.kind, found.reference, len(found.versions)) == ("penalty", ROW[1], 1)
    for address in (
        RecordAddress(record_id="0" * 32),
        RecordAddress(record_id=found.record_id, kind="licence"),
        RecordAddress(kind="penalty", reference=ROW[1], enterprise_id=OTHER),
    ):
        with pytest.raises(UnknownRecordError, match="没有这条记录"):
            find_record(office.engine, office.archive, address=address)
    for address in (
        RecordAddress(),
        RecordAddress(kind="penalty", reference="x"),
        RecordAddress(kind="fines", record_id="x"),
    ):
        with pytest.raises(RecordAddressError):
            find_record(office.engine, office.archive, address=address)


def test_a_reference_of_several_records_lists_them(tmp_path: Path, engine: Engine) -> None:
    rule = {
        "kind": "annual_report",
        "enterprise_id": {"column": "统一社会信用代码"},
        "event_on": {"column": "决定日期"},
        "fields": {"report_year": {"column": "文号"}},
    }
    ignore = ["归集日期", "罚款（万元）", "领域", "种类"]
    mapping = save_mapping(tmp_path, penalty_source(records=[rule], ignore=ignore))
    rows = [[GOOD, "2023", day, *ROW[3:]] for day in ("2024-01-05", "2024-02-05")]
    bring_in(write_csv(tmp_path / "处罚.csv", rows), mapping)
    archive = build_archive(
        engine, records_dir=tmp_path / "records", archive_dir=tmp_path / "archive"
    )
    address = RecordAddress(kind="annual_report", reference="2023", enterprise_id=GOOD)
    with pytest.raises(AmbiguousRecordError, match="有 2 条年度报告") as caught:
        find_record(engine, archive, address=address)
    assert "2024-01-05" in caught.value.zh
    assert "2024-02-05" in caught.value.zh


def test_a_correction_rests_on_the_newest_state_only(office: Office) -> None:
    import_id = office.correct({"fine_cny": "20000"})
    with pytest.raises(ArchiveBehindError, match="archive build"):
        office.correct({"fine_cny": "30000"}, received_at=instant("2024-09-11T00:00"))
    other = RecordAddress(kind="penalty", reference="粤〔2024〕2号", enterprise_id=OTHER)
    office.correct({"fine_cny": "30000"}, address=other)  # nothing new of that one
    office.build()
    undo_import(import_id, records_dir=office.records)
    with pytest.raises(ArchiveBehindError):
        office.withdraw(received_at=instant("2024-09-11T00:00"))


def test_versions_tell_who_why_and_what(office: Office) -> None:
    office.correct({"fine_cny": "20000", "event_on": "2024-01-04"})
    office.build()
    office.withdraw(received_at=instant("2024-09-20T00:00"))
    office.build()
    found = find_record(office.engine, office.archive, address=DECISION)
    assert [version.action for version in found.versions] == ["recorded", "corrected", "withdrawn"]
    assert found.versions[1].changed == {
        "fine_cny": (Decimal("15000.00"), Decimal("20000.00")),
        "event_on": (date(2024, 1, 5), date(2024, 1, 4)),
    }
    assert found.versions[2].row["correction_reason"] == "发错企业"
    known = [version.row["known_at"] for version in found.versions]
    superseded = [version.row["superseded_at"] for version in found.versions]
    assert superseded == [*known[1:], None]


def test_event_day_and_day_of_knowledge_can_differ(office: Office) -> None:
    office.correct({"event_on": "2024-05-01", "fine_cny": "20000"})
    office.build()
    assert office.fine("2024-03-01") == [15000]
    assert office.fine("2024-03-01", known="2024-09-09") == [15000]
    assert office.fine("2024-03-01", known="2024-09-10") == [], "it happened in May, as known now"
    assert office.fine("2024-05-01", known="2024-09-10") == [20000]
    with pytest.raises(AsOfError, match="早于截至日"):
        office.fine("2024-05-01", known="2024-04-30")


def test_a_view_tells_the_corrections_known_by_then(office: Office) -> None:
    office.correct({"fine_cny": "20000"})
    office.build()
    day = date(2024, 9, 9)
    before = view_enterprise(office.archive, GOOD, as_of=day)
    assert (before.histories, before.is_known) == ((), True)
    after = view_enterprise(office.archive, GOOD, as_of=day, known=day + timedelta(days=1))
    (history,) = after.histories
    assert [version.row["corrected_by"] for version in history.versions] == [None, BY]
    nobody = view_enterprise(office.archive, "nobody", as_of=day)
    assert (nobody.is_known, nobody.sections["warning"]) == (False, [])
    early = view_enterprise(office.archive, GOOD, as_of=date(2020, 1, 1))
    assert early.is_known
    assert not any(early.sections.values())


def test_a_correction_with_a_zone_is_stored_in_utc(office: Office) -> None:
    import_id = office.correct(
        {"fine_cny": "20000"}, received_at=datetime.fromisoformat("2024-09-10T11:00+08:00")
    )
    table = pq.read_table(office.records / import_id / "penalty.parquet")
    assert table["known_at"].to_pylist() == [instant(AT)]
