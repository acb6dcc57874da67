"""Seeded random records of every kind, simulated: plausible in shape, not in content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.archive import Archive, build_archive
from features.archive.numbers import number_enterprises, with_numbers
from features.build import build_matrix
from features.catalogue import arrow_schema, record_kinds, record_schema
from features.engine import Engine
from features.intake.report import ImportReport, write_report
from law.files import sha256_of

Fields = Callable[..., dict[str, Any]]

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(2018, 1, 1), date(2025, 12, 31)
_SHARES = {
    "registration": 0.12,
    "licence": 0.1,
    "penalty": 0.08,
    "inspection": 0.25,
    "finding": 0.15,
    "list_entry": 0.04,
    "annual_report": 0.12,
    "complaint": 0.06,
    "special_equipment_unit": 0.05,
    "honour": 0.03,
    "sampling_test": 0.06,
    "compulsory_measure": 0.02,
    "equity_pledge": 0.03,
    "chattel_mortgage": 0.03,
    "judicial_assistance": 0.03,
    "judgment_default": 0.03,
    "commitment": 0.03,
    "commitment_check": 0.04,
    "special_equipment_check": 0.08,
    "accident": 0.02,
    "recall": 0.02,
    "related_person": 0.06,
    "related_enterprise": 0.04,
    "intellectual_property": 0.02,
    "announcement": 0.02,
    "area_event": 0.01,
}
_RESULTS = ["1"] * 10 + ["3", "4", "D", "E", "8", "6", "F", "7", "A"]
_LICENCE_CATEGORIES = ["24", "31", "热食", "电梯", "04 肉制品;27 保健食品", "中央厨房"]
_MATTERS = ["food", "special_equipment", "product_quality"]
_TITLES = ["守合同重信用", "HACCP体系认证", "纳税信用A级", "纳税信用C级"]
_INDUSTRIES = ["6210", "6220", "1411", "5121", "3435", "7241", "8111", "5232", "1811", "7020"]


_PREFIXES = {kind: f"{number:02d}{kind[:5]}" for number, kind in enumerate(record_kinds())}


def enterprise_id(number: int) -> str:
    """The id of an enterprise of the random archive."""
    return f"E{number:07d}"


def random_tables(*, enterprises: int, records: int, seed: int) -> dict[str, pa.Table]:
    """Tables of records by kind, about `records` rows in all, half of them known late."""
    rng = np.random.default_rng(seed)
    tables = {}
    for kind, fields in _FIELDS.items():
        rows = int(records * _SHARES[kind])
        if kind == "finding":
            tables[kind] = _findings(rng, rows, tables["inspection"])
        else:
            tables[kind] = _table(kind, rows, fields, rng=rng, enterprises=enterprises)
    return tables


def build(folder: Path, *imports: dict[str, pa.Table], range_size: int = 250_000) -> Archive:
    """Write each argument as one import, a day after the other, and build the archive."""
    for number, tables in enumerate(imports):
        write_import(folder / "records" / f"import{number}", tables, number)
    with Engine() as engine:
        return build_archive(
            engine,
            records_dir=folder / "records",
            archive_dir=folder / "archive",
            range_size=range_size,
        )


def write_import(folder: Path, tables: dict[str, pa.Table], number: int) -> None:
    folder.mkdir(parents=True)
    files = {}
    for kind, table in tables.items():
        ids = pa.array([folder.name] * len(table), pa.string())
        place = table.column_names.index("import_id")
        pq.write_table(table.set_column(place, "import_id", ids), folder / f"{kind}.parquet")
        files[f"{kind}.parquet"] = sha256_of(folder / f"{kind}.parquet")
    report = ImportReport(
        import_id=folder.name,
        source="random",
        file_name="random",
        file_sha256="",
        mapping_sha256="",
        received_at=datetime(2010, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=number),
        rows=sum(len(table) for table in tables.values()),
        accepted={kind: len(table) for kind, table in tables.items()},
        rejected_rows=0,
        skipped_rows=0,
        duplicates=0,
        warnings=(),
        reject_file=None,
        files=files,
    )
    write_report(report, folder)


def _table(
    kind: str, rows: int, fields: Fields, *, rng: np.random.Generator, enterprises: int
) -> pa.Table:
    owners = rng.integers(0, enterprises, rows)
    if kind == "registration":  # everybody is registered once before anything else
        rows = max(rows, enterprises)
        owners = np.concatenate(
            [np.arange(enterprises), rng.integers(0, enterprises, rows - enterprises)]
        )
    happened = rng.integers(0, (LAST - FIRST).days, rows) + (FIRST - EPOCH).days
    late = rng.geometric(0.05, rows) * (rng.random(rows) < 0.5)
    columns = {
        "enterprise_id": [enterprise_id(owner) for owner in owners],
        "event_on": pa.array(happened.astype("int32"), pa.int32()).cast(pa.date32()),
        "known_at": _instants(happened + late, rng),
        **fields(rng, rows, owners=owners, happened=happened),
    }
    return records_table(kind, columns)


def _findings(rng: np.random.Generator, rows: int, inspections: pa.Table) -> pa.Table:
    """Findings of some inspections; an item is found once on a visit."""
    items = 8
    pairs = np.unique(rng.integers(0, len(inspections) * items, rows))
    of = inspections.take(pa.array(pairs // items))
    columns = {
        name: of[name] for name in ("enterprise_id", "event_on", "known_at", "inspection_no")
    }
    columns["item_code"] = [str(item) for item in pairs % items]
    columns["severity"] = _pick(rng, ["critical", "serious", "minor"], len(pairs))
    return records_table("finding", columns)


def records_table(kind: str, columns: dict[str, Any]) -> pa.Table:
    """A table of the kind's import schema from some of its columns; the others are null."""
    rows = len(columns["enterprise_id"])
    number = list(range(rows))
    columns = {
        "record_id": [f"{_PREFIXES[kind]:_<8}{n:024x}" for n in number],
        "source": ["random"] * rows,
        "import_id": ["random"] * rows,
        "row_no": number,
        "is_withdrawn": [False] * rows,
        **columns,
    }
    schema = record_schema(kind)
    arrays = [
        _array(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: Any) -> Any:
    return values if isinstance(values, pa.ChunkedArray | pa.Array) else pa.array(values, kind)


def _instants(days: np.ndarray, rng: np.random.Generator) -> pa.Array:
    seconds = days.astype("int64") * 86_400 + rng.integers(-8, 16, len(days)) * 3_600
    return pa.array(seconds * 1_000_000, pa.int64()).cast(pa.timestamp("us"))


def _pick(
    rng: np.random.Generator, options: list[Any], rows: int, *, unknown: float = 0.0
) -> list[Any]:
    chosen = [options[number] for number in rng.integers(0, len(options), rows)]
    return [
        None if hidden else value
        for value, hidden in zip(chosen, rng.random(rows) < unknown, strict=True)
    ]


def _days(base: np.ndarray, offsets: np.ndarray) -> list[date | None]:
    return [EPOCH + timedelta(days=int(day)) for day in base + offsets]


def _some(values: list[Any], rng: np.random.Generator, unknown: float) -> list[Any]:
    """The values with a share of them unknown."""
    hidden = rng.random(len(values)) < unknown
    return [None if h else value for value, h in zip(values, hidden, strict=True)]


def _of_owner(
    stem: str, rng: np.random.Generator, owners: np.ndarray, *, numbers: int = 3
) -> list[str]:
    """Numbers that several records of one enterprise share, for what begins and ends."""
    return [
        f"{stem}{owner}-{number}"
        for owner, number in zip(owners, rng.integers(0, numbers, len(owners)), strict=True)
    ]


def _money(rng: np.random.Generator, rows: int, *, unknown: float) -> list[Any]:
    amounts = np.round(rng.lognormal(9, 2, rows), 2)
    hidden = rng.random(rows) < unknown
    return [None if h else Decimal(f"{a:.2f}") for a, h in zip(amounts, hidden, strict=True)]


def _registration(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, happened: np.ndarray
) -> dict[str, Any]:
    first = np.arange(rows) < owners.max() + 1
    status = np.where(
        rng.random(rows) < 0.85,
        "active",
        _pick(rng, ["dormant", "revoked", "deregistered", "moved_out"], rows),
    )
    number = np.arange(rows)
    return {
        "registration_no": [str(n) for n in number],
        "event": np.where(first, "establishment", "change").tolist(),
        "change_items": _pick(
            rng, ["name", "address;scope", "legal_representative", "capital", None], rows
        ),
        "status": status.tolist(),
        "name": [f"某某商行{owner}" for owner in owners],
        "entity_type": _pick(rng, ["company", "individual_business", "branch"], rows, unknown=0.1),
        "established_on": _days(happened, -rng.integers(0, 4000, rows)),
        "registered_capital_cny": _money(rng, rows, unknown=0.3),
        "industry_code": _pick(rng, _INDUSTRIES, rows, unknown=0.1),
        "area_code": _pick(rng, ["440507", "440511", "440513"], rows, unknown=0.05),
        "address": [f"路{n}号" for n in number],
        "address_key": [f"a{n}" for n in rng.integers(0, owners.max() // 3 + 2, rows)],
        "legal_representative_key": _pick(
            rng, [f"p{n}" for n in range(owners.max() // 2 + 2)], rows, unknown=0.2
        ),
        "latitude": (23.3 + rng.random(rows) * 0.1).tolist(),
        "longitude": (116.6 + rng.random(rows) * 0.1).tolist(),
        "attribute_1": _pick(rng, ["x", "y", "z"], rows, unknown=0.3),
        "attribute_2": _pick(rng, ["1", "2"], rows, unknown=0.3),
        "measure_1": rng.random(rows).tolist(),
    }


def _licence(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, happened: np.ndarray
) -> dict[str, Any]:
    kinds = ["food_production", "food_operation", "food_filing", "special_equipment", "other"]
    return {
        "licence_no": [f"L{o}-{n}" for o, n in zip(owners, rng.integers(0, 3, rows), strict=True)],
        "licence_kind": _pick(rng, kinds, rows),
        "category": _pick(rng, _LICENCE_CATEGORIES, rows, unknown=0.1),
        "valid_from": _days(happened, rng.integers(-5, 5, rows)),
        "valid_to": _days(happened, rng.integers(100, 1800, rows)),
        "status": _pick(rng, ["valid"] * 8 + ["suspended", "revoked", "cancelled"], rows),
    }


def _penalty(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "decision_no": [f"罚{n}" for n in range(rows)],
        "penalty_kinds": _pick(
            rng,
            ["fine", "warning", "fine;confiscation", "suspension;fine", "licence_revocation"],
            rows,
        ),
        "matter": _pick(rng, ["food"] * 4 + ["special_equipment", "advertising"], rows),
        "fine_cny": _money(rng, rows, unknown=0.2),
        "is_serious": _pick(rng, [True, False], rows, unknown=0.7),
    }


def _inspection(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    counts = {
        name: _pick(rng, [0, 0, 0, 1, 2, 3], rows, unknown=0.4)
        for name in ("critical_count", "serious_count", "minor_count")
    }
    kinds = ["double_random", "routine", "special", "follow_up", "complaint", "sampling_test"]
    return {
        "inspection_no": [f"I{n}" for n in range(rows)],
        "inspection_kind": _pick(rng, kinds, rows),
        "result_code": _pick(rng, _RESULTS, rows),
        "matter": _pick(rng, ["food", "special_equipment", "product_quality"], rows, unknown=0.2),
        **counts,
        "score": _some(rng.integers(80, 201, rows) / 2, rng, 0.4),
    }


def _list_entry(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    numbers = [f"列{o}-{n}" for o, n in zip(owners, rng.integers(0, 3, rows), strict=True)]
    return {
        "list": _pick(
            rng, ["abnormal_operations_list", "marked_state", "serious_violation_list"], rows
        ),
        "action": _pick(rng, ["listing", "listing", "removal"], rows),
        "ground_code": _pick(rng, ["1", "3", "4"], rows, unknown=0.1),
        "decision_no": numbers,
        "listing_decision_no": [
            number if keep else None
            for number, keep in zip(numbers, rng.random(rows) < 0.6, strict=True)
        ],
    }


def _annual_report(
    rng: np.random.Generator, rows: int, *, happened: np.ndarray, **_: Any
) -> dict[str, Any]:
    years = [(EPOCH + timedelta(days=int(day))).year - 1 for day in happened]
    return {
        "report_year": [
            y - int(back) for y, back in zip(years, rng.random(rows) < 0.1, strict=True)
        ],
        "employees": _pick(rng, list(range(40)), rows, unknown=0.2),
        "assets_cny": _money(rng, rows, unknown=0.2),
        "revenue_cny": _money(rng, rows, unknown=0.2),
    }


def _complaint(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "complaint_no": [f"投{n}" for n in range(rows)],
        "category": _pick(rng, ["food", "special_equipment", "consumer", "price"], rows),
        "is_verified": _pick(rng, [True, False], rows, unknown=0.3),
    }


def _unit(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, happened: np.ndarray
) -> dict[str, Any]:
    numbers = rng.integers(0, 4, rows)
    return {
        "unit_code": [f"U{o}-{n}" for o, n in zip(owners, numbers, strict=True)],
        "category_code": _pick(rng, ["1000", "2000", "3000", "4000", "6000"], rows),
        "place_kind": _pick(rng, ["school", "mall", "factory", "residence"], rows, unknown=0.1),
        "commissioned_on": _days(happened, -rng.integers(100, 3000, rows)),
        "last_inspected_on": _some(_days(happened, -rng.integers(0, 200, rows)), rng, 0.1),
        "next_inspection_on": _some(_days(happened, rng.integers(50, 700, rows)), rng, 0.3),
        "inspection_result": _pick(rng, ["passed", "passed", "passed", "failed", "none"], rows),
        "status": _pick(rng, ["in_use", "in_use", "in_use", "stopped", "scrapped"], rows),
        "maintenance_firm": _pick(rng, [f"维保{n}" for n in range(6)], rows, unknown=0.2),
        "manufacturer": _pick(rng, [f"制造{n}" for n in range(6)], rows, unknown=0.2),
        "rated_speed_m_s": _some(rng.integers(1, 12, rows) / 2, rng, 0.3),
        "rated_load_kg": _some(rng.integers(2, 20, rows) * 200.0, rng, 0.3),
        "stops": _some(rng.integers(2, 40, rows), rng, 0.3),
    }


def _honour(
    rng: np.random.Generator, rows: int, *, happened: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "certificate_no": [f"荣{n}" for n in range(rows)],
        "title": _pick(rng, _TITLES, rows),
        "honour_kind": _pick(
            rng, ["honour", "quality_award", "system_certification", "tax_rating"], rows
        ),
        "level": _pick(rng, ["national", "provincial", "city", "county"], rows, unknown=0.1),
        "valid_to": _days(happened, rng.integers(200, 2000, rows)),
    }


def _sampling_test(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        # Some numbers are those of test visits, which must not be counted twice.
        "sample_no": [f"I{n}" if n % 3 == 0 else f"样{n}" for n in range(rows)],
        "test_kind": _pick(rng, ["food", "product", "agricultural_product"], rows),
        "level": _pick(rng, ["national", "provincial", "city", "county"], rows, unknown=0.1),
        "result": _pick(rng, ["passed", "passed", "failed", "not_concluded"], rows),
        "failure_kind": _pick(rng, ["safety", "quality", "label"], rows, unknown=0.2),
    }


def _compulsory_measure(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "decision_no": [f"强{n}" for n in range(rows)],
        "measure": _pick(rng, ["sealing", "equipment_stop", "enforcement_fine"], rows),
        "matter": _pick(rng, _MATTERS, rows, unknown=0.2),
    }


def _equity_pledge(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "pledge_no": _of_owner("质", rng, owners),
        "action": _pick(rng, ["registered", "registered", "cancelled", "annulled"], rows),
        "amount_cny": _money(rng, rows, unknown=0.2),
    }


def _chattel_mortgage(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "mortgage_no": _of_owner("抵", rng, owners),
        "action": _pick(rng, ["registered", "registered", "cancelled"], rows),
        "secured_cny": _money(rng, rows, unknown=0.2),
    }


def _judicial_assistance(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    actions = _pick(rng, ["freeze", "freeze", "unfreeze", "forced_transfer"], rows)
    named = _some(_of_owner("冻", rng, owners), rng, 0.3)
    return {
        "document_no": _of_owner("冻", rng, owners),
        "action": actions,
        "freeze_document_no": [
            name if action == "unfreeze" else None
            for name, action in zip(named, actions, strict=True)
        ],
        "amount_cny": _money(rng, rows, unknown=0.2),
    }


def _judgment_default(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "case_no": _of_owner("执", rng, owners),
        "action": _pick(rng, ["listing", "listing", "removal"], rows),
        "amount_cny": _money(rng, rows, unknown=0.2),
    }


def _commitment(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "commitment_no": _of_owner("诺", rng, owners),
        "commitment_kind": _pick(rng, ["approval", "voluntary", "repair"], rows),
        "matter": _pick(rng, _MATTERS, rows, unknown=0.2),
    }


def _commitment_check(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "commitment_no": _of_owner("诺", rng, owners),
        "result": _pick(rng, ["kept", "kept", "broken"], rows),
    }


def _unit_check(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "unit_code": _of_owner("U", rng, owners, numbers=4),
        "check_kind": _pick(rng, ["self_check", "maintenance"], rows),
        "result": _pick(rng, ["normal", "normal", "hazard"], rows),
        "is_mended": _pick(rng, [True, False], rows, unknown=0.3),
    }


def _accident(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "accident_no": [f"故{n}" for n in range(rows)],
        "matter": _pick(rng, _MATTERS, rows),
        "level": _pick(rng, ["ordinary", "larger"], rows),
        "deaths": _pick(rng, [0, 0, 1, 2], rows, unknown=0.2),
        "injured": _pick(rng, [0, 1, 5], rows, unknown=0.2),
        "is_liable": _pick(rng, [True, False], rows, unknown=0.2),
    }


def _recall(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "recall_no": [f"召{n}" for n in range(rows)],
        "recall_kind": _pick(rng, ["voluntary", "ordered"], rows),
        "matter": _pick(rng, _MATTERS, rows),
        "is_completed": _pick(rng, [True, False], rows, unknown=0.3),
    }


def _related_person(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "person_key": _pick(rng, [f"p{n}" for n in range(owners.max() // 6 + 2)], rows),
        "role": _pick(rng, ["shareholder", "shareholder", "director", "senior_manager"], rows),
        "action": _pick(rng, ["begun", "begun", "ended"], rows),
        "share_ratio": _some([round(x, 2) for x in rng.random(rows)], rng, 0.2),
    }


def _related_enterprise(
    rng: np.random.Generator, rows: int, *, owners: np.ndarray, **_: Any
) -> dict[str, Any]:
    others = rng.integers(0, owners.max() + 1, rows)
    return {
        "other_enterprise_id": [enterprise_id(other) for other in others],
        "relation": _pick(rng, ["shareholder", "investment", "branch", "parent"], rows),
        "action": _pick(rng, ["begun", "begun", "ended"], rows),
        "share_ratio": _some([round(x, 2) for x in rng.random(rows)], rng, 0.2),
    }


def _right(
    rng: np.random.Generator, rows: int, *, happened: np.ndarray, **_: Any
) -> dict[str, Any]:
    return {
        "right_no": [f"权{n}" for n in range(rows)],
        "right_kind": _pick(rng, ["trademark", "patent"], rows),
        "valid_to": _some(_days(happened, rng.integers(200, 3000, rows)), rng, 0.2),
    }


def _announcement(
    rng: np.random.Generator, rows: int, *, happened: np.ndarray, **_: Any
) -> dict[str, Any]:
    kinds = ["simplified_deregistration", "capital_reduction", "dissolution", "liquidation"]
    return {
        "announcement_no": [f"告{n}" for n in range(rows)],
        "announcement_kind": _pick(rng, [*kinds, "suspected_impersonation"], rows),
        "ends_on": _days(happened, rng.integers(20, 60, rows)),
    }


def _area_event(rng: np.random.Generator, rows: int, **_: Any) -> dict[str, Any]:
    return {
        "event_no": [f"周{n}" for n in range(rows)],
        "category": _pick(rng, ["sanitation_complaint", "burglary"], rows),
        "latitude": (23.3 + rng.random(rows) * 0.1).tolist(),
        "longitude": (116.6 + rng.random(rows) * 0.1).tolist(),
    }


_FIELDS = {
    "registration": _registration,
    "licence": _licence,
    "penalty": _penalty,
    "inspection": _inspection,
    "finding": _inspection,  # made from the inspections
    "list_entry": _list_entry,
    "annual_report": _annual_report,
    "complaint": _complaint,
    "special_equipment_unit": _unit,
    "honour": _honour,
    "sampling_test": _sampling_test,
    "compulsory_measure": _compulsory_measure,
    "equity_pledge": _equity_pledge,
    "chattel_mortgage": _chattel_mortgage,
    "judicial_assistance": _judicial_assistance,
    "judgment_default": _judgment_default,
    "commitment": _commitment,
    "commitment_check": _commitment_check,
    "special_equipment_check": _unit_check,
    "accident": _accident,
    "recall": _recall,
    "related_person": _related_person,
    "related_enterprise": _related_enterprise,
    "intellectual_property": _right,
    "announcement": _announcement,
    "area_event": _area_event,
}


def table_of(kind: str, *rows: dict[str, Any]) -> pa.Table:
    """Records written by hand: ``event_on`` as text, known the same day unless said."""
    filled = [{"known_at": f"{row['event_on']}T00:00:00", **row} for row in rows]
    names = {name for row in filled for name in row}
    columns = {
        name: [_parsed(record_schema(kind).field(name).type, row.get(name)) for row in filled]
        for name in names
    }
    return records_table(kind, columns)


def _parsed(kind: Any, value: Any) -> Any:
    if isinstance(value, str) and pa.types.is_date(kind):
        return date.fromisoformat(value)
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    return value


def enterprises(*ids: str, **columns: Any) -> pa.Table:
    """One establishment for each id; `columns` gives a value for all or a list of them."""
    rows = [
        {
            "enterprise_id": enterprise,
            "event_on": "2015-01-01",
            "event": "establishment",
            "status": "active",
            "name": enterprise,
            "established_on": "2015-01-01",
            **{
                name: value[number] if isinstance(value, list) else value
                for name, value in columns.items()
            },
        }
        for number, enterprise in enumerate(ids)
    ]
    return table_of("registration", *rows)


class TableArchive:
    """Records by hand behind the interface of an archive: one range, nothing corrected."""

    range_count = 1

    def __init__(self, known: str = "2025-06-30", **kinds: pa.Table) -> None:
        self.latest_known_at = datetime.fromisoformat(known)
        self._kinds = kinds

    def range_of(self, enterprise_id: str) -> int:
        return 0

    def table(self, engine: Engine, kind: str, *, range_no: int | None = None) -> Any:
        return engine.memory(self.source(kind))

    def kinds_of(self, enterprise_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(self._kinds)

    def source(
        self,
        kind: str,
        *,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> pa.Table:
        if kind not in self._kinds:
            return arrow_schema(kind).empty_table()
        records = self._kinds[kind]
        never = pa.nulls(len(records), pa.timestamp("us"))
        ids = pa.chunked_array(
            [chunk for table in self._kinds.values() for chunk in table["enterprise_id"].chunks],
            pa.string(),
        ).unique()
        with Engine() as engine:
            versions = engine.memory(
                records.append_column("superseded_at", never)
                .append_column("enterprise_no", never.cast(pa.int64()))
                .append_column("sequence", never.cast(pa.int64()).cast(pa.int32()))
            )
            numbers = engine.memory(number_enterprises(ids, range_no=0))
            numbered = with_numbers(versions, numbers)
            return engine.to_arrow(numbered.select(arrow_schema(kind).names))


@dataclass(frozen=True)
class City:
    """Random records, their archive, and all indicators as of a day, made once for all tests."""

    as_of: date
    tables: dict[str, pa.Table]
    archive: Archive
    matrix: pa.Table
    folder: TemporaryDirectory[str]


@cache
def random_city() -> City:
    """200 enterprises with 6,000 records."""
    as_of, folder = date(2025, 6, 30), TemporaryDirectory()
    tables = random_tables(enterprises=200, records=6000, seed=20250630)
    archive = build(Path(folder.name), tables)
    with Engine() as engine:
        matrix = build_matrix(engine, archive, as_of=as_of, with_evidence=True)
    return City(as_of, tables, archive, matrix, folder)
