"""A SIMULATED archive of any size, written range by range: for measuring, not for believing.

`python -m benchmarks.population --enterprises 1000000 --out DIR`: about ten records an enterprise.
Fields are drawn at random from the record kinds of the catalogue, so nothing in it means anything.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import law
from features.archive.files import (
    CURRENT,
    ENTERPRISES,
    MANIFEST,
    Archive,
    describe_build,
    range_folder,
)
from features.archive.numbers import number_enterprises, with_kinds
from features.archive.range import ROW_GROUP_ROWS
from features.catalogue import (
    ENTERPRISE_NO,
    SEQUENCE,
    Field,
    allowed_codes,
    arrow_schema,
    record_kinds,
    schema_digest,
)
from law.files import sha256_of, write_atomically

LAST_DAY = date(2026, 10, 31)
RANGE_SIZE = 250_000
_DAYS = 6 * 365
_SEED = 20261122
# Records an enterprise, about as in the simulated city; kinds that are not named stay empty.
_RATES: Mapping[str, float] = {
    "registration": 1.5,
    "annual_report": 3.0,
    "inspection": 1.6,
    "finding": 0.9,
    "licence": 0.6,
    "penalty": 0.35,
    "complaint": 0.5,
    "list_entry": 0.25,
    "special_equipment_unit": 0.6,
    "sampling_test": 0.25,
    "honour": 0.1,
    "commitment": 0.1,
    "related_person": 0.15,
    "equity_pledge": 0.05,
    "recall": 0.02,
    "accident": 0.01,
    "compulsory_measure": 0.02,
}
_AREAS = ("440507", "440511", "440512", "440513", "440514", "440515", "440523")
_PEOPLE_A_RANGE = 150_000


def write_population(
    out: Path,
    *,
    enterprises: int,
    range_size: int = RANGE_SIZE,
    seed: int = _SEED,
    rates: Mapping[str, float] = _RATES,
) -> Archive:
    """Write an archive of `enterprises` under `out`, one range in memory at a time.

    `rates` names the records an enterprise has of each kind, on average.
    """
    build = out / f"simulated-{enterprises}"
    firsts = list(range(0, enterprises, range_size))
    rows: dict[str, int] = {}
    files: dict[str, str] = {}
    for number, first in enumerate(firsts):
        folder = build / range_folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        size = min(range_size, enterprises - first)
        ids = pa.table({"enterprise_id": _identity(np.arange(first, first + size))})
        numbers = number_enterprises(ids["enterprise_id"].combine_chunks(), range_no=number)
        written: dict[str, list[Path]] = {}
        for kind, rate in rates.items():
            rng = np.random.default_rng([seed, number, *kind.encode()])
            table = _records(kind, rng, numbers=numbers, first=first, rate=rate)
            path = folder / f"{kind}.parquet"
            pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP_ROWS)
            rows[kind] = rows.get(kind, 0) + table.num_rows
            files[path.relative_to(build).as_posix()] = sha256_of(path)
            written[kind] = [path]
        listed = with_kinds(numbers, dict(sorted(written.items())))
        pq.write_table(listed, folder / ENTERPRISES, row_group_size=ROW_GROUP_ROWS)
        files[f"{range_folder(number)}/{ENTERPRISES}"] = sha256_of(folder / ENTERPRISES)
    archive = Archive(
        folder=build,
        build_id=build.name,
        based_on=None,
        range_size=range_size,
        boundaries=tuple(_identity(np.array(firsts[1:], dtype=np.int64)).to_pylist()),
        range_enterprises=tuple(min(range_size, enterprises - first) for first in firsts),
        latest_known_at=datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day),
        rows=rows,
        files=files,
        imports=(),
        schema=schema_digest(),
    )
    write_atomically(build / MANIFEST, describe_build(archive))
    write_atomically(out / CURRENT, f"{build.name}\n".encode("ascii"))
    return archive


def _identity(numbers: Any) -> Any:
    """Codes that sort like the numbers; not valid credit codes."""
    padded = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), 10, "0")
    return pc.binary_join_element_wise("91440500", padded, "")


def _records(kind: str, rng: Any, *, numbers: pa.Table, first: int, rate: float) -> pa.Table:
    """Records of one kind for a range, sorted by enterprise and day known."""
    size = numbers.num_rows
    certain = 1 if kind == "registration" else 0  # everybody has one
    counts = certain + rng.poisson(rate - certain, size)
    owners = np.repeat(np.arange(size, dtype=np.int64), counts)
    ages = rng.integers(0, _DAYS, len(owners))
    days = np.datetime64(LAST_DAY) - ages
    known = days.astype("datetime64[us]") + rng.integers(0, 20 * 86_400, len(owners)).astype(
        "timedelta64[s]"
    )
    order = np.lexsort((known, owners))
    owners, days, known = owners[order], days[order], known[order]
    identities = _record_ids(rng, len(owners))
    common = {
        "record_id": identities,
        ENTERPRISE_NO: numbers[ENTERPRISE_NO].take(pa.array(owners)),
        SEQUENCE: pa.array(_sequence(owners, days, known, identities)),
        "enterprise_id": _identity(owners + first),
        "event_on": pa.array(days),
        "known_at": pa.array(known),
        "source": pa.repeat(pa.scalar("simulated"), len(owners)),
        "producer": pa.repeat(pa.scalar("模拟 SIMULATED"), len(owners)),
        "provider": pa.repeat(pa.scalar("模拟 SIMULATED"), len(owners)),
        "import_id": pa.repeat(pa.scalar("simulated"), len(owners)),
        "row_no": pa.array(np.arange(len(owners))),
        "is_withdrawn": pa.repeat(pa.scalar(value=False), len(owners)),
    }
    described = record_kinds()[kind].fields
    values = {
        name: _values(kind, field, rng, owners=owners + first, days=days)
        for name, field in described.items()
    }
    given = {**common, **values}
    arrays = [
        given[item.name].cast(item.type) if item.name in given else pa.nulls(len(owners), item.type)
        for item in arrow_schema(kind)
    ]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(kind))


def _sequence(owners: Any, days: Any, known: Any, identities: Any) -> Any:
    """The place of each record among those of its owner, as the archive orders them."""
    order = np.lexsort((identities.to_numpy(zero_copy_only=False).astype(str), known, days, owners))
    starts = np.searchsorted(owners, owners[order])  # owners are sorted
    places = np.empty(len(owners), dtype=np.int64)
    places[order] = np.arange(len(owners)) - starts
    return places


def _record_ids(rng: Any, rows: int) -> Any:
    digits = rng.bytes(16 * rows).hex().encode("ascii")
    return pa.array(np.frombuffer(digits, dtype="S32")).cast(pa.string())


def _values(kind: str, field: Field, rng: Any, *, owners: Any, days: Any) -> Any:
    special = _SPECIAL.get((kind, field.name))
    if special is not None:
        return special(rng, owners, days)
    if field.type == "code":
        return _pick(rng, sorted(allowed_codes(kind, field.name)), len(owners))
    return _BY_TYPE[field.type](rng, owners, days)


def _pick(rng: Any, choices: Sequence[str], rows: int) -> Any:
    """One of `choices` a row, the first ones more often."""
    weights = 1 / np.arange(1, len(choices) + 1)
    places = rng.choice(len(choices), rows, p=weights / weights.sum())
    return pa.DictionaryArray.from_arrays(places.astype(np.int32), pa.array(choices)).cast("string")


def _numbers(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(rng.integers(0, 10**9, len(owners))).cast(pa.string())


def _money(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(np.floor(rng.lognormal(9, 1.5, len(owners)))).cast(pa.decimal128(18, 2))


def _days_after(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(days + rng.integers(0, 1500, len(days)))


def _flags(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(rng.random(len(owners)) < 0.3)


def _small(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(rng.poisson(0.4, len(owners)))


def _real(rng: Any, owners: Any, days: Any) -> Any:
    return pa.array(rng.random(len(owners)))


_BY_TYPE: Mapping[str, Any] = {
    "string": _numbers,
    "integer": _small,
    "decimal": _money,
    "number": _real,
    "boolean": _flags,
    "day": _days_after,
}


def _chosen(*choices: str) -> Any:
    return lambda rng, owners, days: _pick(rng, choices, len(owners))


def _industries(rng: Any, owners: Any, days: Any) -> Any:
    return _pick(rng, [code for code in sorted(law.codes("industries")) if len(code) == 4],
                 len(owners))  # fmt: skip


def _heads(rng: Any, owners: Any, days: Any) -> Any:
    people = (owners // RANGE_SIZE) * _PEOPLE_A_RANGE + rng.integers(
        0, _PEOPLE_A_RANGE, len(owners)
    )
    return pc.utf8_lpad(pa.array(people).cast(pa.string()), 32, "0")


_SPECIAL: Mapping[tuple[str, str], Any] = {
    ("registration", "event"): _chosen("establishment", "change"),
    ("registration", "change_items"): _chosen(
        "address", "legal_representative;name", "scope", "capital;shareholders", "name"
    ),
    ("registration", "status"): _chosen(*["active"] * 9, "dormant", "revoked", "deregistered"),
    ("registration", "industry_code"): _industries,
    ("registration", "area_code"): _chosen(*_AREAS),
    ("registration", "legal_representative_key"): _heads,
    ("registration", "address_key"): _heads,
    ("registration", "established_on"): lambda rng, owners, days: pa.array(days),
    ("registration", "latitude"): lambda rng, owners, days: pa.array(
        23.2 + 0.4 * rng.random(len(owners))
    ),
    ("registration", "longitude"): lambda rng, owners, days: pa.array(
        116.4 + 0.5 * rng.random(len(owners))
    ),
    ("registration", "attribute_1"): _chosen("a", "b", "c", "d", "e", "f"),
    ("registration", "attribute_2"): _chosen("1", "2", "3"),
    ("licence", "category"): _chosen(*[str(number) for number in range(1, 32)]),
    ("penalty", "penalty_kinds"): _chosen("fine", "warning", "fine;confiscation", "suspension"),
    ("annual_report", "report_year"): lambda rng, owners, days: pc.subtract(
        pc.year(pa.array(days)), 1
    ),
    ("special_equipment_unit", "maintenance_firm"): _chosen(*[f"firm {n}" for n in range(200)]),
    ("inspection", "result_code"): _chosen("1", "E", "A", "6", "3", "F", "8"),
    ("inspection", "inspection_no"): lambda rng, owners, days: _visit_numbers(owners, days),
    ("finding", "inspection_no"): lambda rng, owners, days: _visit_numbers(owners, days),
    ("finding", "item_code"): _chosen(*[str(number) for number in range(1, 45)]),
}


def _visit_numbers(owners: Any, days: Any) -> Any:
    """Numbers on which findings and inspections of one enterprise and month agree."""
    months = pa.array(days.astype("datetime64[M]").astype(np.int64)).cast(pa.string())
    return pc.binary_join_element_wise(pa.array(owners).cast(pa.string()), months, "-")


def main() -> None:
    """Write one population."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    archive = write_population(chosen.out, enterprises=chosen.enterprises)
    print(f"SIMULATED: {archive.enterprises:,} enterprises, {sum(archive.rows.values()):,} records")


if __name__ == "__main__":
    main()
