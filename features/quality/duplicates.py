"""What came in more than once: from one department, or from several."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from features.catalogue import record_kinds
from features.engine import Engine
from features.intake.report import list_imports
from features.intake.stored import stored_tables
from features.quality.records import supplied_records

ROWS_SHOWN = 200_000
_SEPARATOR = "\x1f"
# Departments write one and the same number with different brackets and blanks.
_UNEQUAL = r"[\s〔〕\[\]【】（）()［］]"


@dataclass(frozen=True)
class Duplicates:
    """One report.

    Attributes
    ----------
    groups
        One row per (provider, source, kind): rows, repeated_in_file, repeated_later (rows whose
        record came before in the same import or in an earlier one), repeated_ratio.
    repeated
        Those rows with the import and row in which the record first came; at most `ROWS_SHOWN`.
    shared
        One row per fact that several sources tell: kind, enterprise_id, reference, sources,
        providers (joined by 、), first_source (who told it first), first_known_at; at most
        `ROWS_SHOWN`.
    """

    groups: pd.DataFrame
    repeated: pa.Table
    shared: pa.Table


def find_duplicates(
    engine: Engine, records_dir: Path, *, first: date | None = None, last: date | None = None
) -> Duplicates | None:
    """Repeats and facts told by several sources, of rows known from `first` to `last`.

    Two rows are one record when kind, source, enterprise and key fields agree; they are one fact
    when all but the source do (brackets and blanks in the key do not count). None when nothing
    was imported.
    """
    rows = supplied_records(engine, records_dir, first=first, last=last)
    if rows is None:
        return None
    repeated = _repeated(rows, engine.memory(_receipts(records_dir)))
    order = ["provider", "source", "kind", "record_id", "import_id", "row_no"]
    return Duplicates(
        groups=_summarise(engine, rows, repeated),
        repeated=engine.to_arrow(repeated.order_by(order).limit(ROWS_SHOWN)),
        shared=_shared(engine, records_dir, rows),
    )


def _receipts(records_dir: Path) -> pa.Table:
    reports = list_imports(records_dir)
    received: list[datetime] = [report.received_at for report in reports]
    return pa.table(
        {
            "import_id": pa.array([report.import_id for report in reports], pa.string()),
            "received_at": pa.array(received, pa.timestamp("us")),
        }
    )


def _repeated(rows: Any, receipts: Any) -> Any:
    """Rows whose record came before, in the order of receipt (Ibis)."""
    times = rows.group_by("record_id").aggregate(times=rows.count())
    often = rows.semi_join(times.filter(times.times > 1), "record_id").join(receipts, "import_id")
    order = ibis.window(group_by="record_id", order_by=["received_at", "import_id", "row_no"])
    placed = often.mutate(
        place=ibis.row_number().over(order),
        first_import_id=often.import_id.first().over(order),
        first_row_no=often.row_no.first().over(order),
    )
    later = placed.filter(placed.place > 0)
    return later.mutate(in_file=later.import_id == later.first_import_id).drop("place")


def _summarise(engine: Engine, rows: Any, repeated: Any) -> pd.DataFrame:
    by = ["provider", "source", "kind"]
    counted = engine.to_arrow(rows.group_by(by).aggregate(rows=rows.count())).to_pandas()
    times = engine.to_arrow(
        repeated.group_by(by).aggregate(
            repeated=repeated.count(),
            repeated_in_file=ibis.ifelse(repeated.in_file, 1, 0).sum(),
        )
    ).to_pandas()
    table = counted.merge(times, on=by, how="left").fillna({"repeated": 0, "repeated_in_file": 0})
    table = table.astype({"repeated": int, "repeated_in_file": int})
    table["repeated_later"] = table["repeated"] - table["repeated_in_file"]
    table["repeated_ratio"] = table["repeated"] / table["rows"]
    columns = [*by, "rows", "repeated_in_file", "repeated_later", "repeated_ratio"]
    return pd.DataFrame(table.sort_values(by, ignore_index=True), columns=columns)


def _shared(engine: Engine, records_dir: Path, rows: Any) -> pa.Table:
    """Facts that several sources tell: a department enters again what another one supplies."""
    wanted = rows.select("record_id", "import_id", "row_no")
    parts = [
        _facts(table, kind).semi_join(wanted, ["record_id", "import_id", "row_no"])
        for kind, table in stored_tables(engine, records_dir).items()
    ]
    facts = reduce(lambda all_, one: all_.union(one), parts)
    told = facts.group_by(["kind", "enterprise_id", "fact", "source", "provider"]).aggregate(
        reference=facts.reference.min(), known_at=facts.known_at.min()
    )
    groups = told.group_by(["kind", "enterprise_id", "fact"]).aggregate(
        reference=told.reference.min(),
        source_count=told.source.nunique(),
        sources=told.source.group_concat("、", order_by=[told.known_at, told.source]),
        providers=told.provider.group_concat("、", order_by=[told.known_at, told.source]),
        first_source=told.source.argmin(told.known_at),
        first_known_at=told.known_at.min(),
    )
    several = groups.filter(groups.source_count > 1).drop("fact", "source_count")
    ordered = several.order_by(["kind", "enterprise_id", "reference"]).limit(ROWS_SHOWN)
    return engine.to_arrow(ordered)


def _facts(table: Any, kind: str) -> Any:
    described = record_kinds()[kind]
    fact: Any = ibis.literal("")
    for name in described.key:
        text = table[name].cast("string").fill_null("").re_replace(_UNEQUAL, "")
        fact = fact.concat(_SEPARATOR, text)
    return table.select(
        "record_id",
        "import_id",
        "row_no",
        "enterprise_id",
        "source",
        "provider",
        "known_at",
        kind=ibis.literal(kind),
        fact=fact,
        reference=table[described.reference].cast("string"),
    )
