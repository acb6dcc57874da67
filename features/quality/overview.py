"""How each source's data moves: received, accepted, rejected, in the archive, how late."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.archive.files import Archive
from features.engine import Engine
from features.intake.report import ImportReport, list_imports
from features.point_in_time import OFFICE_OFFSET
from features.quality.records import day_in_china, supplied_records

_LAG = 0.5


def overview_of_sources(
    engine: Engine, records_dir: Path, *, archive: Archive | None
) -> pd.DataFrame:
    """One row per source, each hop beside the next; empty when nothing was imported.

    Returns
    -------
    Columns: source; imports, rows, accepted (records), rejected, skipped, duplicates (sums);
    rejected_ratio; waiting (imports that the archive does not hold yet); archived (records in the
    archive, versions included); last_received_on (day in China); last_event_on, last_known_on;
    median_lag_days (from the event to knowledge); top_reason (most frequent reason of rejection,
    Chinese; empty if none).
    """
    reports = list_imports(records_dir)
    if not reports:
        return pd.DataFrame()
    in_archive = set(archive.imports) if archive is not None else set()
    table = pd.DataFrame(
        [
            {
                "source": report.source,
                "rows": report.rows,
                "accepted": sum(report.accepted.values()),
                "rejected": report.rejected_rows,
                "skipped": report.skipped_rows,
                "duplicates": report.duplicates,
                "waiting": report.import_id not in in_archive,
                "last_received_on": (report.received_at + OFFICE_OFFSET).date(),
            }
            for report in reports
        ]
    )
    grouped = table.groupby("source").agg(
        imports=("rows", "size"),
        **{name: (name, "sum") for name in table.columns[1:-1]},
        last_received_on=("last_received_on", "max"),
    )
    grouped["rejected_ratio"] = grouped["rejected"] / grouped["rows"].where(grouped["rows"] > 0)
    grouped["top_reason"] = pd.Series(_top_reasons(reports))
    grouped["archived"] = _archived(engine, archive)
    grouped = grouped.join(_moves(engine, records_dir))
    return grouped.fillna({"top_reason": "", "archived": 0}).reset_index()


def _top_reasons(reports: list[ImportReport]) -> dict[str, str]:
    counts: dict[str, dict[str, int]] = {}
    for report in reports:
        own = counts.setdefault(report.source, {})
        for reason, rows in report.reasons:
            own[reason.zh] = own.get(reason.zh, 0) + rows
    return {source: max(own, key=lambda one: own[one]) for source, own in counts.items() if own}


def _archived(engine: Engine, archive: Archive | None) -> "pd.Series[int]":
    total: pd.Series[int] = pd.Series(dtype=int)
    if archive is None:
        return total
    for kind, rows in archive.rows.items():
        if rows:
            table = archive.table(engine, kind)
            counted = engine.to_arrow(table.group_by("source").aggregate(rows=table.count()))
            own = counted.to_pandas().set_index("source")["rows"]
            total = total.add(own, fill_value=0)
    return total.astype(int)


def _moves(engine: Engine, records_dir: Path) -> pd.DataFrame:
    """By source: newest days, and the median delay from counts by delay."""
    rows = supplied_records(engine, records_dir)
    if rows is None:  # files came, and every row of them was rejected
        return pd.DataFrame(columns=["last_event_on", "last_known_on", "median_lag_days"])
    known = rows.mutate(known_on=day_in_china(rows.known_at))
    known = known.mutate(lag_days=known.known_on.delta(known.event_on, unit="day"))
    counts = engine.to_arrow(
        known.group_by(["source", "lag_days"]).aggregate(
            records=known.count(),
            last_event_on=known.event_on.max(),
            last_known_on=known.known_on.max(),
        )
    ).to_pandas()
    counts = counts.sort_values(["source", "lag_days"])
    found: dict[str, dict[str, date | int]] = {}
    for source, group in counts.groupby("source"):  # sources, not records
        passed = group["records"].cumsum().to_numpy()
        place = np.searchsorted(passed, _LAG * passed[-1])
        found[str(source)] = {
            "last_event_on": group["last_event_on"].max(),
            "last_known_on": group["last_known_on"].max(),
            "median_lag_days": int(group["lag_days"].to_numpy()[place]),
        }
    return pd.DataFrame.from_dict(found, orient="index")
