"""Lists and registrations: from a department's files through the archive into the database."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter
from sqlalchemy import select

from features.archive import Archive, build_archive
from features.catalogue import arrow_schema
from features.engine import Engine
from features.intake import hash_person, import_file, load_mappings
from service.db.tables import list_snapshot, listing, registration
from service.listings.history import listing_history
from service.listings.operations import RefreshReport, refresh_listings
from tests.service.office import ACME, NOW, OTHER, Office

RESIDENT_ID = "11010519491231002X"
ENTRY = {
    "record_id": "1",
    "enterprise_id": ACME,
    "event_on": date(2024, 1, 1),
    "known_at": datetime(2024, 1, 2),
    "source": "test",
    "list": "abnormal_operations_list",
    "action": "listing",
    "ground_code": "4",
    "decision_no": "L1",
    "authority": "市监局",
}
REMOVAL = {
    **ENTRY,
    "action": "removal",
    "decision_no": "R1",
    "listing_decision_no": "L1",
    "event_on": date(2024, 3, 1),
    "known_at": datetime(2024, 3, 5),
}


def history(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """States of knowledge about the listings of some records."""
    table = pa.Table.from_pylist(list(entries), schema=arrow_schema("list_entry"))
    states = listing_history(table).states
    return pa.Table.from_pandas(states, preserve_index=False).to_pylist()


def test_a_removal_ends_one_state_of_knowledge_and_begins_the_next() -> None:
    before, after = history(REMOVAL, ENTRY)
    assert (before["known_at"], before["superseded_at"]) == (
        datetime(2024, 1, 2),
        datetime(2024, 3, 5),
    )
    assert (before["removed_on"], before["listed_on"]) == (None, date(2024, 1, 1))
    assert (after["known_at"], after["superseded_at"]) == (datetime(2024, 3, 5), None)
    assert (after["removed_on"], after["removal_decision_no"]) == (date(2024, 3, 1), "R1")
    assert after["ground_code"] == "4"


def test_a_corrected_listing_keeps_what_was_known_before() -> None:
    corrected = {**ENTRY, "ground_code": None, "known_at": datetime(2024, 2, 1)}
    first = {**ENTRY, "superseded_at": datetime(2024, 2, 1)}
    old, new = history(first, corrected)
    assert (old["ground_code"], old["superseded_at"]) == ("4", datetime(2024, 2, 1))
    assert (new["ground_code"], new["superseded_at"]) == (None, None), "emptied, not carried over"


def test_a_listing_that_was_withdrawn_has_no_state_from_then_on() -> None:
    withdrawn = {**ENTRY, "is_withdrawn": True, "known_at": datetime(2024, 2, 1)}
    (state,) = history({**ENTRY, "superseded_at": datetime(2024, 2, 1)}, withdrawn)
    assert (state["known_at"], state["superseded_at"]) == (
        datetime(2024, 1, 2),
        datetime(2024, 2, 1),
    )


def test_a_listing_stands_again_once_its_removal_was_withdrawn() -> None:
    withdrawn = {**REMOVAL, "is_withdrawn": True, "known_at": datetime(2024, 4, 1)}
    removed = {**REMOVAL, "superseded_at": datetime(2024, 4, 1)}
    before, between, after = history(ENTRY, removed, withdrawn)
    assert [state["removed_on"] for state in (before, between, after)] == [
        None,
        date(2024, 3, 1),
        None,
    ]
    assert (after["known_at"], after["superseded_at"]) == (datetime(2024, 4, 1), None)
    assert (after["removal_decision_no"], after["removal_known_at"]) == (None, None)


def test_a_listing_that_became_known_after_its_removal() -> None:
    (state,) = history({**ENTRY, "known_at": datetime(2024, 6, 1)}, REMOVAL)
    assert (state["known_at"], state["removed_on"]) == (datetime(2024, 6, 1), date(2024, 3, 1))


def test_a_listing_and_its_removal_in_one_delivery_are_one_state() -> None:
    (state,) = history(ENTRY, {**REMOVAL, "known_at": ENTRY["known_at"]})
    assert (state["known_at"], state["removed_on"]) == (ENTRY["known_at"], date(2024, 3, 1))


@pytest.mark.parametrize(
    ("others", "removed", "unpaired"),
    [
        ([], True, 0),
        ([{**ENTRY, "decision_no": "L2"}], False, 1),
        ([{**ENTRY, "decision_no": "L2", "event_on": date(2025, 1, 1)}], True, 0),
        ([{**ENTRY, "decision_no": "L2", "enterprise_id": OTHER}], True, 0),
    ],
    ids=["only one fits", "two fit", "the other came later", "the other is another's"],
)
def test_a_removal_that_names_no_listing_is_paired_only_where_one_fits(
    others: Sequence[dict[str, Any]], removed: bool, unpaired: int
) -> None:
    silent = {**REMOVAL, "listing_decision_no": None}
    table = pa.Table.from_pylist([ENTRY, *others, silent], schema=arrow_schema("list_entry"))
    found = listing_history(table)
    assert found.states["removed_on"].notna().any() == removed
    assert found.unpaired_removals == unpaired


def test_a_removal_of_an_unknown_listing_is_counted() -> None:
    table = pa.Table.from_pylist([REMOVAL], schema=arrow_schema("list_entry"))
    found = listing_history(table)
    assert (len(found.states), found.unpaired_removals) == (0, 1)


def test_nothing_listed() -> None:
    assert history() == []


# --- through intake and archive ---

REGISTER = (
    *("统一社会信用代码", "注册号", "登记事项", "变更事项", "核准日期", "归集日期", "登记状态"),
    *(
        "名称",
        "主体类型",
        "成立日期",
        "注册资本（万元）",
        "行业代码",
        "行业名称",
        "辖区代码",
        "辖区",
    ),
    *(
        "街路",
        "门牌",
        "纬度",
        "经度",
        "法定代表人",
        "证件号码",
        "登记机关",
        "导出时状态",
        "数据性质",
    ),
)
ENTRIES = (
    *("统一社会信用代码", "名单", "动作", "事由", "决定书文号", "原列入决定书文号"),
    *("决定日期", "归集日期", "决定机关", "数据性质"),
)


def write_register(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """A registration ledger as the simulated city's office sends it."""
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, REGISTER, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def registered(enterprise_id: str = ACME, **values: str) -> dict[str, str]:
    """One row of the ledger."""
    return {
        "统一社会信用代码": enterprise_id,
        "登记事项": "设立",
        "核准日期": "2020-01-01",
        "归集日期": "2020-01-02",
        "登记状态": "在营",
        "名称": "测试食品有限公司",
        "主体类型": "有限责任公司",
        "辖区代码": "440507",
        "法定代表人": "张三",
        "证件号码": RESIDENT_ID,
        "登记机关": "测试局",
        **values,
    }


def write_entries(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """A ledger of list entries as the simulated city's office sends it: title, header, rows."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("名单")
        sheet.write(0, 0, "名单管理台账")
        sheet.write_row(1, 0, ENTRIES)
        for number, row in enumerate(rows, start=2):
            sheet.write_row(number, 0, row)
    return path


LISTED = (
    ACME,
    "经营异常名录",
    "列入",
    "4 通过登记的住所或者经营场所无法联系",
    "异字1号",
    "",
    "2021-03-01",
    "2021-03-02",
    "市监局",
    "",
)
REMOVED = (
    ACME,
    "经营异常名录",
    "移出",
    "",
    "移字1号",
    "异字1号",
    "2026-11-20",
    "2026-11-21",
    "市监局",
    "",
)


def archive_of(office: Office, engine: Engine, *files: tuple[Path, str]) -> Archive:
    """Import files and build the archive."""
    for path, source in files:
        report = import_file(
            path,
            mapping=load_mappings()[source],
            records_dir=office.settings.records_dir,
            received_at=NOW,
            person_key=office.settings.person_key_path.read_bytes(),
        )
        assert sum(report.accepted.values()) > 0, report
    return build_archive(
        engine,
        records_dir=office.settings.records_dir,
        archive_dir=office.settings.archive_dir,
        range_size=1,
    )


def refresh(office: Office, engine: Engine, archive: Archive) -> RefreshReport:
    """Load an archive's lists now."""
    with office.database.writing() as session:
        return refresh_listings(session, engine, archive, loaded_at=office.clock())


def test_from_a_departments_files_to_an_answer(
    office: Office, engine: Engine, tmp_path: Path
) -> None:
    register = write_register(tmp_path / "a.csv", [registered(), registered(OTHER)])
    entries = write_entries(tmp_path / "b.xlsx", [LISTED])
    archive = archive_of(
        office, engine, (register, "city_registrations"), (entries, "city_list_entries")
    )
    assert archive.range_count == 2
    report = refresh(office, engine, archive)
    assert (report.listings, report.registrations, report.added) == (1, 2, 3)
    asked = {"enterprise": ACME, "application_kind": "change", "change_items": ["name"]}
    receipt = office.check(asked).json()
    assert receipt["decision"] == "manual_review"
    assert receipt["hits"][0]["decision_no"] == "异字1号"
    assert receipt["subject_status"]["name"] == "测试食品有限公司"
    assert receipt["snapshot"]["archive_build"] == archive.build_id

    again = refresh(office, engine, archive)
    assert (again.added, again.taken_out) == (0, 0), "nothing changed, nothing written"

    later = write_entries(tmp_path / "c.xlsx", [LISTED, REMOVED])
    archive = archive_of(office, engine, (later, "city_list_entries"))
    report = refresh(office, engine, archive)
    assert (report.added, report.taken_out) == (2, 1)
    assert office.check({**asked, "business_ref": "2"}).json()["decision"] == "allow"
    then = office.check({**asked, "as_of": "2026-11-20", "known_at": "2026-11-20T15:00:00Z"})
    assert then.json()["decision"] == "manual_review", "nobody knew of the removal yet"
    with office.database.reading() as session:
        builds = session.execute(select(list_snapshot.c.archive_build)).scalars().all()
    assert builds[-1] == archive.build_id
    assert len(builds) == 3


def test_intake_and_credit_checks_know_a_person_by_the_same_hash(
    office: Office, engine: Engine, tmp_path: Path
) -> None:
    untidy = {"法定代表人": " 张 三 ", "证件号码": "11010519491231002x"}
    register = write_register(tmp_path / "a.csv", [registered(), registered(OTHER, **untidy)])
    archive = archive_of(office, engine, (register, "city_registrations"))
    refresh(office, engine, archive)
    key = office.settings.person_key_path.read_bytes()
    with office.database.reading() as session:
        found = session.execute(select(registration.c.legal_representative_key)).scalars().all()
    assert found == [hash_person("张三", RESIDENT_ID, key=key)] * 2


def test_an_enterprise_that_left_the_archive_leaves_the_database(
    office: Office, engine: Engine, tmp_path: Path
) -> None:
    office.register("91310000XXXXXXXXX0")
    office.list("91310000XXXXXXXXX0")
    register = write_register(tmp_path / "a.csv", [registered()])
    report = refresh(office, engine, archive_of(office, engine, (register, "city_registrations")))
    assert (report.added, report.taken_out) == (1, 2)
    with office.database.reading() as session:
        assert session.execute(select(listing)).all() == []
