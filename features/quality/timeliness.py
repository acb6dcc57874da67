"""How soon departments tell what happened: the day it was formed against the day it was known."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

import law
from features.engine import Engine
from features.quality.collection import CollectionCatalogue, Limit
from features.quality.records import day_in_china, supplied_records

_P90 = 0.9
LATE_ROWS_SHOWN = 200_000
_DUE = pa.schema(
    [
        ("source", pa.string()),
        ("kind", pa.string()),
        ("event_on", pa.date32()),
        ("due_on", pa.date32()),
    ]
)


@dataclass(frozen=True)
class Timeliness:
    """One report.

    Attributes
    ----------
    groups
        One row per (provider, source, kind): records, median_days, p90_days, longest_days, and
        where the catalogue has a line with a limit: judged, late, late_ratio (else 0, 0, NaN).
    late
        The records known after their last day, latest first, at most `LATE_ROWS_SHOWN`.
    """

    groups: pd.DataFrame
    late: pa.Table


def measure_timeliness(
    engine: Engine,
    records_dir: Path,
    *,
    catalogue: CollectionCatalogue,
    first: date,
    last: date,
    region: str = law.NATIONWIDE,
) -> Timeliness | None:
    """Days from the event to knowledge, of records first known from `first` to `last`.

    A record that came several times counts once, by the first time. None when nothing was known
    in that period.

    References
    ----------
    The limits are those of the catalogue's lines: ``penalty.publicity_working_days`` (Order 45
    art. 9), ``collection.government_publication_working_days`` (企业信息公示暂行条例 art. 6) and
    others; a line without one is not judged.
    """
    # The first time may lie before the period, so the period is cut afterwards.
    rows = supplied_records(engine, records_dir, last=last)
    if rows is None:
        return None
    records = _first_known(rows)
    records = records.filter(records.known_on >= first)
    dated = _with_due_days(engine, records, catalogue=catalogue, region=region)
    groups = _summarise(engine, dated)
    return None if groups.empty else Timeliness(groups=groups, late=_late(engine, dated))


def _first_known(rows: Any) -> Any:
    by = ["provider", "source", "kind", "record_id", "enterprise_id"]
    records = rows.group_by(by).aggregate(
        event_on=rows.event_on.min(), known_at=rows.known_at.min()
    )
    records = records.mutate(known_on=day_in_china(records.known_at))
    return records.mutate(lag_days=records.known_on.delta(records.event_on, unit="day"))


def _with_due_days(
    engine: Engine, records: Any, *, catalogue: CollectionCatalogue, region: str
) -> Any:
    """`records` with ``due_on``, null where no limit is known.

    Working days are counted once for every day on which anything happened, not for every record.
    """
    lines = {(line.source, line.kind): line for _, line in catalogue.lines()}
    days = engine.to_arrow(records.select("source", "kind", "event_on").distinct())
    listed = [column.to_pylist() for column in days.columns]
    known = [
        (source, kind, day, _last_day_in_time(lines[source, kind].limit, day, region))
        for source, kind, day in zip(*listed, strict=True)
        if (source, kind) in lines
    ]
    columns = list(zip(*known, strict=True)) or [(), (), (), ()]
    table = pa.table(
        {item.name: pa.array(c, item.type) for item, c in zip(_DUE, columns, strict=True)}
    )
    return records.left_join(engine.memory(table), ["source", "kind", "event_on"]).select(
        *records.columns, "due_on"
    )


@cache
def _last_day_in_time(limit: Limit, event_on: date, region: str) -> date | None:
    return limit.due_on(event_on, region=region)


def _summarise(engine: Engine, dated: Any) -> pd.DataFrame:
    """Exact quantiles from counts by lag, which are few however many records there are."""
    by = ["provider", "source", "kind", "lag_days"]
    is_late = (dated.known_on > dated.due_on).fill_null(False)
    counts = engine.to_arrow(
        dated.group_by(by).aggregate(
            records=dated.count(),
            judged=dated.due_on.count(),
            late=ibis.ifelse(is_late, 1, 0).sum(),
        )
    ).to_pandas()
    counts = counts.sort_values(by)
    rows = [
        {
            **dict(zip(by[:-1], key, strict=True)),
            "records": int(group["records"].sum()),
            "median_days": _quantile(group, 0.5),
            "p90_days": _quantile(group, _P90),
            "longest_days": int(group["lag_days"].max()),
            "judged": int(group["judged"].sum()),
            "late": int(group["late"].sum()),
        }
        for key, group in counts.groupby(by[:-1], sort=True)  # departments, not records
    ]
    table = pd.DataFrame(rows)
    if not table.empty:
        table["late_ratio"] = table["late"] / table["judged"].where(table["judged"] > 0, np.nan)
    return table


def _quantile(group: pd.DataFrame, share: float) -> int:
    """The smallest lag that at least `share` of the records do not exceed."""
    passed = group["records"].cumsum().to_numpy()
    return int(group["lag_days"].to_numpy()[np.searchsorted(passed, share * passed[-1])])


def _late(engine: Engine, dated: Any) -> pa.Table:
    late = dated.filter(dated.known_on > dated.due_on)
    late = late.mutate(days_late=late.known_on.delta(late.due_on, unit="day"))
    columns = ["provider", "source", "kind", "enterprise_id", "record_id"]
    shown = late.select(*columns, "event_on", "known_on", "due_on", "days_late")
    ordered = shown.order_by([ibis.desc("days_late"), *columns]).limit(LATE_ROWS_SHOWN)
    return engine.to_arrow(ordered)
