"""From a file without credit codes to records under their enterprise, and back (SIMULATED)."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.archive import Archive, build_archive
from features.catalogue import record_schema
from features.engine import Engine
from features.errors import IdentityError, MappingError
from features.identity import (
    Resolution,
    apply_links,
    open_links,
    read_decisions,
    resolve_identities,
)
from features.identity.deciding import (
    Office,
    Signature,
    Verdict,
    decide,
    merge,
    open_office,
    predecessors,
    revoke,
)
from features.identity.links import Decision, append_decisions, link_table
from features.identity.queue_file import queue_workbook, read_verdicts
from features.identity.resolving import read_queue, read_unmatched
from features.intake import ImportReport, list_imports, undo_import
from tests.features.departments import GOOD, OTHER, bring_in, save_mapping, write_csv
from tests.features.random_records import build, records_table

WRONG = "91440500MA4T000511"
NUMBER = "440500000000013"
HEADER = ["编号", "代码", "注册号", "单位", "区", "街", "日期", "类别"]
EARLY, LATE = datetime(2024, 7, 1), datetime(2024, 8, 1)
SIGNED = Signature(by="王五", reason="查营业执照", at=LATE)


def complaint_source(**identity: Any) -> dict[str, Any]:
    rule = {
        "scheme": "resolve",
        "uscc": "代码",
        "registration_no": "注册号",
        "name": "单位",
        "address": {"columns": ["区", "街"]},
        **identity,
    }
    return {
        "source": "test_complaints",
        "zh": "无代码投诉",
        "en": "complaints without a code",
        "provider": "12315",
        "files": ["*投诉*.csv"],
        "format": "csv",
        "encoding": "gb18030",
        "records": [
            {
                "kind": "complaint",
                "enterprise_id": {key: value for key, value in rule.items() if value},
                "event_on": {"column": "日期"},
                "known_at": {"same_as": "event_on"},
                "fields": {
                    "complaint_no": {"column": "编号"},
                    "category": {"column": "类别", "codes": {"食品": "food"}},
                },
            }
        ],
    }


def bring_complaints(folder: Path, rows: list[list[str]]) -> ImportReport:
    mapping = save_mapping(folder, complaint_source())
    return bring_in(write_csv(folder / "投诉.csv", rows, header=HEADER), mapping)


def row(number: str, **cells: str) -> list[str]:
    given = {"编号": number, "日期": "2024-05-01", "类别": "食品", **cells}
    return [given.get(name, "") for name in HEADER]


ROWS = [
    row("T1", 代码=GOOD, 单位="写错了也不要紧"),
    row(
        "T2",
        代码="91440500MA4T000511",
        单位="汕頭市鴻泰食品有限公司",
        区="龙湖区",
        街="长平路十二号",
    ),
    row("T3", 注册号=NUMBER, 单位="康华小吃"),
    row("T4", 单位="汕头市鸿太食品有限公司", 区="龙湖区", 街="长平路12号"),
    row("T5", 单位="无名早餐摊", 街="码头边"),
    row("T6", 单位="汕头市旧名食品有限公司", 区="龙湖区", 街="长平路12号"),
]


def registers(folder: Path) -> Archive:
    """GOOD was renamed and is at 长平路; OTHER has a registration number."""
    names = ["汕头市旧名食品有限公司", "汕头市鸿泰食品有限公司", "龙湖区康华小吃店"]
    return build(
        folder,
        {
            "registration": records_table(
                "registration",
                {
                    "enterprise_id": [GOOD, GOOD, OTHER],
                    "event_on": [date(2010, 1, 1), date(2018, 1, 1), date(2015, 1, 1)],
                    "known_at": [datetime(2018, 1, 2)] * 3,
                    "event": ["establishment", "change", "establishment"],
                    "status": ["active"] * 3,
                    "name": names,
                    "registration_no": [None, None, NUMBER],
                    "address": ["汕头市龙湖区长平路12号"] * 2 + ["金平区中山路3号"],
                },
            )
        },
    )


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    """Registrations in the archive and a file of complaints in the records."""
    archive = registers(tmp_path)
    bring_complaints(tmp_path, ROWS)
    return open_office(
        engine, archive, records_dir=tmp_path / "records", identity_dir=tmp_path / "identity"
    )


def resolve(folder: Path, engine: Engine, *, at: datetime = EARLY) -> Resolution:
    archive = build_archive(engine, records_dir=folder / "records", archive_dir=folder / "archive")
    return resolve_identities(
        engine,
        archive,
        records_dir=folder / "records",
        identity_dir=folder / "identity",
        decided_at=at,
    )


def temporary_of(folder: Path, name: str) -> str:
    """The temporary identity of the row that names `name`."""
    (path,) = (folder / "records").glob("*/identities.parquet")
    (found,) = [one for one in pq.read_table(path).to_pylist() if one["name"] == name]
    return str(found["temporary_id"])


def owners(folder: Path, engine: Engine) -> dict[str, tuple[str, datetime]]:
    """Complaint number: whose it is after the links, and since when that is known."""
    (path,) = (folder / "records").glob("*/complaint.parquet")
    links = open_links(engine, folder / "identity")
    linked = apply_links(engine.read_parquet([path]), links, kind="complaint")
    rows = engine.to_arrow(linked).to_pylist()
    return {one["complaint_no"]: (one["enterprise_id"], one["known_at"]) for one in rows}


def test_intake_keeps_what_was_written(tmp_path: Path, office: Office) -> None:
    (report,) = [one for one in list_imports(tmp_path / "records") if one.source != "random"]
    assert set(report.files) == {"complaint.parquet", "identities.parquet"}
    rows = pq.read_table(tmp_path / "records" / report.import_id / "identities.parquet")
    assert [one["row_no"] for one in rows.sort_by("row_no").to_pylist()] == [3, 4, 5, 6, 7]
    first = rows.sort_by("row_no").to_pylist()[0]
    assert (first["name"], first["address"]) == ("汕頭市鴻泰食品有限公司", "龙湖区长平路十二号")
    assert first["uscc"] == WRONG
    told = "".join(note.zh for note in report.warnings)
    assert "暂以临时编号归集" in told
    assert "统一社会信用代码有误" in told
    undo_import(report.import_id, records_dir=tmp_path / "records")
    assert not list((tmp_path / "records").glob("*/identities.parquet"))


def test_a_row_that_names_nobody_is_rejected(tmp_path: Path) -> None:
    report = bring_complaints(tmp_path, [row("T1"), row("T2", 街="码头边")])
    assert (report.rejected_rows, report.accepted) == (1, {"complaint": 1})


@pytest.mark.parametrize(
    ("identity", "fault"),
    [
        ({"name": None}, "needs name"),
        ({"column": "代码"}, "takes uscc, registration_no, name and address only"),
        ({"scheme": "uscc", "column": "代码"}, "need scheme: resolve"),
        ({"name": {"column": "单位", "hash": "person"}}, "takes no hash"),
    ],
)
def test_mappings_that_cannot_be(tmp_path: Path, identity: dict[str, Any], fault: str) -> None:
    with pytest.raises(MappingError, match=fault):
        save_mapping(tmp_path, complaint_source(**identity))


def test_who_is_who(tmp_path: Path, engine: Engine, office: Office) -> None:
    assert resolve(tmp_path, engine) == Resolution(waiting=5, linked=3, queued=1, unmatched=1)
    found = owners(tmp_path, engine)
    assert found["T1"] == (GOOD, datetime(2024, 4, 30, 16))
    assert found["T2"] == found["T6"] == (GOOD, EARLY)
    assert found["T3"] == (OTHER, EARLY)
    assert found["T4"][0].startswith("~")
    assert found["T4"][1] == datetime(2024, 4, 30, 16)
    methods = read_decisions(office.identity_dir).set_index("old_id")["method"]
    assert methods[temporary_of(tmp_path, "康华小吃")] == "registration_no"
    assert resolve(tmp_path, engine, at=LATE).linked == 0, "nothing is decided twice"


def test_the_queue_goes_out_and_comes_back(tmp_path: Path, engine: Engine, office: Office) -> None:
    resolve(tmp_path, engine)
    path = tmp_path / "queue.xlsx"
    queue, unmatched = read_queue(office.identity_dir), read_unmatched(office.identity_dir)
    path.write_bytes(queue_workbook(queue, unmatched))
    book = openpyxl.load_workbook(path)
    pages = {name: book[name] for name in ("待确认", "未匹配")}
    assert pages["待确认"]["C2"].value == "汕头市鸿太食品有限公司"
    pages["待确认"]["A2"] = "采用"
    pages["未匹配"]["A2"] = "不采用"
    book.save(path)
    assert decide(office, read_verdicts(path), signature=SIGNED) == 2
    assert owners(tmp_path, engine)["T4"] == (GOOD, LATE)
    assert read_queue(office.identity_dir).empty
    assert read_unmatched(office.identity_dir).empty
    assert resolve(tmp_path, engine, at=LATE).waiting == 0


def test_every_fault_of_a_filled_in_queue_is_told(
    tmp_path: Path, engine: Engine, office: Office
) -> None:
    resolve(tmp_path, engine)
    path = tmp_path / "queue.xlsx"
    queue, unmatched = read_queue(office.identity_dir), read_unmatched(office.identity_dir)
    path.write_bytes(queue_workbook(queue, unmatched))
    book = openpyxl.load_workbook(path)
    book["待确认"]["A2"] = "也许"
    book["未匹配"]["A2"] = "采用"
    book.save(path)
    with pytest.raises(IdentityError) as fault:
        read_verdicts(path)
    assert "“也许”应为 采用 或 不采用" in fault.value.zh
    assert "采用须填写候选代码" in fault.value.zh
    (tmp_path / "no.xlsx").write_text("no workbook")
    with pytest.raises(IdentityError, match="no readable Excel file"):
        read_verdicts(tmp_path / "no.xlsx")


def test_verdicts_are_all_written_or_none(tmp_path: Path, engine: Engine, office: Office) -> None:
    resolve(tmp_path, engine)
    waits = temporary_of(tmp_path, "汕头市鸿太食品有限公司")
    linked = temporary_of(tmp_path, "康华小吃")
    before = len(read_decisions(office.identity_dir))
    verdicts = [
        Verdict(waits, GOOD, accepted=True),
        Verdict(waits, OTHER, accepted=True),
        Verdict(linked, GOOD, accepted=True),
        Verdict("~nobody", GOOD, accepted=True),
        Verdict(waits, "91440500MA4T000510", accepted=False),
    ]
    with pytest.raises(IdentityError) as fault:
        decide(office, verdicts, signature=SIGNED)
    for part in ("only one can be", f"linked to {OTHER}", "identity ~nobody", "no registration"):
        assert part in fault.value.en
    assert len(read_decisions(office.identity_dir)) == before
    with pytest.raises(IdentityError, match="--by"):
        decide(office, verdicts[:1], signature=Signature(by=" ", reason="x", at=LATE))


def test_a_revoked_link_is_as_if_it_had_never_been(
    tmp_path: Path, engine: Engine, office: Office
) -> None:
    resolve(tmp_path, engine)
    old = temporary_of(tmp_path, "康华小吃")
    revoke(office.identity_dir, old, signature=SIGNED)
    assert owners(tmp_path, engine)["T3"] == (old, datetime(2024, 4, 30, 16))
    again = resolve(tmp_path, engine, at=LATE)
    assert again.linked == 0, "what a person took back is not linked again"
    decide(office, [Verdict(old, OTHER, accepted=True)], signature=SIGNED)
    assert owners(tmp_path, engine)["T3"] == (OTHER, LATE)
    with pytest.raises(IdentityError, match="no link"):
        revoke(office.identity_dir, "~none", signature=SIGNED)


def link(old: str, new: str, *, counts: bool, at: datetime) -> Decision:
    return Decision("link", old, new, counts, "merger", None, "吸收合并", "王五", at)


def records_of(kind: str, *owners: str) -> pa.Table:
    columns = {"enterprise_id": list(owners), "event_on": [date(2020, 1, 1)] * len(owners)}
    return records_table(kind, {**columns, "known_at": [datetime(2020, 1, 2)] * len(owners)})


def applied(
    folder: Path, engine: Engine, kind: str, *owners: str
) -> list[tuple[str, str, datetime]]:
    records = engine.memory(records_of(kind, *owners))
    linked = apply_links(records, open_links(engine, folder), kind=kind)
    assert list(linked.columns) == record_schema(kind).names
    rows = engine.to_arrow(linked.order_by(["enterprise_id", "record_id"])).to_pylist()
    return [(one["enterprise_id"], one["record_id"], one["known_at"]) for one in rows]


def test_a_merger_shows_and_only_counts_when_it_says_so(tmp_path: Path, engine: Engine) -> None:
    append_decisions(tmp_path, [link("A", "B", counts=False, at=LATE)])
    assert open_links(engine, tmp_path) is None, "nothing to apply"
    assert predecessors(read_decisions(tmp_path), "B")["old_id"].tolist() == ["A"]
    append_decisions(tmp_path, [link("A", "B", counts=True, at=LATE)])
    kept, copied = applied(tmp_path, engine, "penalty", "A")
    assert kept[0::2] == ("A", datetime(2020, 1, 2)), "the absorbed one keeps its past"
    assert copied[0::2] == ("B", LATE)
    assert copied[1] != kept[1], "two enterprises hold it, so two records"
    assert [one[0] for one in applied(tmp_path, engine, "registration", "A")] == ["A"]


def test_chains_are_followed_to_every_end(tmp_path: Path, engine: Engine) -> None:
    lines = [
        Decision("link", "~t", "A", True, "manual", None, "查实", "王五", EARLY),
        link("A", "B", counts=True, at=LATE),
        link("B", "C", counts=True, at=EARLY),
        link("C", "D", counts=False, at=EARLY),
    ]
    append_decisions(tmp_path, lines)
    found = applied(tmp_path, engine, "penalty", "~t")
    assert [(one[0], one[2]) for one in found] == [("A", EARLY), ("B", LATE), ("C", LATE)]
    assert found[0][1] == records_of("penalty", "~t")["record_id"][0].as_py()
    assert [one[0] for one in applied(tmp_path, engine, "licence", "~t")] == ["A"]
    before = predecessors(read_decisions(tmp_path), "D")
    assert before["old_id"].tolist() == ["C", "B", "A", "~t"]


def test_records_without_a_link_pass_unchanged(tmp_path: Path, engine: Engine) -> None:
    before = records_of("penalty", "X", "~unlinked", "Y")
    assert open_links(engine, tmp_path) is None
    append_decisions(tmp_path, [link("A", "B", counts=True, at=LATE)])
    linked = apply_links(engine.memory(before), open_links(engine, tmp_path), kind="penalty")
    after = engine.to_arrow(linked).cast(before.schema)
    assert after.sort_by("record_id").equals(before.sort_by("record_id"))


def test_a_new_decision_makes_another_build(tmp_path: Path, engine: Engine) -> None:
    append_decisions(tmp_path, [link("A", "B", counts=True, at=EARLY)])
    first = open_links(engine, tmp_path)
    append_decisions(tmp_path, [link("C", "D", counts=True, at=EARLY)])
    second = open_links(engine, tmp_path)
    assert first is not None
    assert second is not None
    assert first.digest != second.digest
    assert link_table(read_decisions(tmp_path)).num_rows == 2


def test_mergers_that_cannot_be(office: Office) -> None:
    merge(office, GOOD, OTHER, counts=False, signature=SIGNED)
    for old, new, fault in (
        (OTHER, GOOD, "cannot absorb it"),
        (GOOD, OTHER, "was merged into"),
        (OTHER, OTHER, "cannot absorb it"),
        ("X", OTHER, "X has no registration record"),
    ):
        with pytest.raises(IdentityError, match=fault):
            merge(office, old, new, counts=False, signature=SIGNED)
