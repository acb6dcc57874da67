"""How complete each archive is: a score, and the list of what is missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import law
from features.archive.files import Archive
from features.engine import Engine
from features.indicators.moment import Moment, moment
from features.indicators.windows import months_before
from features.point_in_time import visible
from features.quality.completeness_table import (
    REGISTERED,
    CompletenessTable,
    Element,
    Every,
    Recent,
    Selection,
    completeness_table,
)

_REGISTRATION = "registration"
_STANDING = ("active", "dormant")
_MONTHS_A_YEAR = 12
# Flags of a row: whose subject it is, which elements concern it, which of them it has.
_OF, _IS, _HAS = "of_", "is_", "has_"


@dataclass(frozen=True)
class ArchiveCompleteness:
    """The archives of all registered enterprises, counted.

    Attributes
    ----------
    elements
        One row per element: name, zh, en, subject_zh, basis, concerned (enterprises), missing,
        missing_ratio (NaN where nobody is concerned).
    enterprises, complete
        Registered enterprises; those of them that lack nothing.
    mean_score
        Mean of the scores, 0 to 100; NaN without enterprises.
    """

    elements: pd.DataFrame
    enterprises: int
    complete: int
    mean_score: float


def measure_completeness(
    engine: Engine,
    archive: Archive,
    *,
    as_of: date,
    subject: str = REGISTERED,
    take: Callable[[pa.Table], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ArchiveCompleteness:
    """Judge every archive as it was known at the end of `as_of`, range by range.

    Parameters
    ----------
    subject
        Only enterprises of this subject of the table (``food_business`` for instance).
    take
        Called with the rows of each range: enterprise_id, name, area_code, concerned (elements),
        present, score (0 to 100), missing (Chinese, joined by 、; empty when complete); sorted by
        enterprise.
    progress
        Called after each range with the ranges done and in total.

    References
    ----------
    ``annual_report.deadline``, ``food.full_check_years``; the table
    ``features/catalog/completeness.yaml`` names the act of each element.
    """
    table = completeness_table()
    concerned = np.zeros(len(table.elements), dtype=np.int64)
    missing = np.zeros(len(table.elements), dtype=np.int64)
    enterprises = complete = 0
    total_score = 0.0
    for number, judged in enumerate(_ranges(engine, archive, table, as_of=as_of, subject=subject)):
        rows, applies, lacks = judged
        concerned += applies.sum(axis=0)
        missing += lacks.sum(axis=0)
        enterprises += rows.num_rows
        complete += int((~lacks.any(axis=1)).sum())
        total_score += float(rows["score"].to_numpy().sum())
        if take is not None:
            take(rows)
        if progress is not None:
            progress(number + 1, archive.range_count)
    return ArchiveCompleteness(
        elements=_describe(table, concerned=concerned, missing=missing),
        enterprises=enterprises,
        complete=complete,
        mean_score=total_score / enterprises if enterprises else float("nan"),
    )


def _describe(table: CompletenessTable, *, concerned: Any, missing: Any) -> pd.DataFrame:
    described = pd.DataFrame(
        {
            "name": [element.name for element in table.elements],
            "zh": [element.zh for element in table.elements],
            "en": [element.en for element in table.elements],
            "subject_zh": [table.subjects[one.applies_to].zh for one in table.elements],
            "basis": [element.basis for element in table.elements],
            "concerned": concerned,
            "missing": missing,
        }
    )
    some = described["concerned"].where(described["concerned"] > 0)
    described["missing_ratio"] = described["missing"] / some
    return described


def _ranges(
    engine: Engine, archive: Archive, table: CompletenessTable, *, as_of: date, subject: str
) -> Iterator[tuple[pa.Table, Any, Any]]:
    """Rows, whom each element concerns, and who lacks it (enterprises by elements)."""
    judge = _Judge(engine, archive, table, as_of=as_of)
    for number in range(archive.range_count):
        found = engine.to_arrow(judge.expression(number, subject=subject))
        applies = np.column_stack([found[_IS + one.name].to_numpy() for one in table.elements])
        has = np.column_stack([found[_HAS + one.name].to_numpy() for one in table.elements])
        lacks = applies & ~has
        yield _rows(found, table, applies=applies, lacks=lacks), applies, lacks


def _rows(found: pa.Table, table: CompletenessTable, *, applies: Any, lacks: Any) -> pa.Table:
    concerned = applies.sum(axis=1)
    present = concerned - lacks.sum(axis=1)
    # Joined with an empty separator: pyarrow's skipping of nulls loses rows that are all null.
    named = [
        pc.if_else(pa.array(lacks[:, place].copy()), f"{element.zh}、", "")
        for place, element in enumerate(table.elements)
    ]
    missing = pc.utf8_rtrim(pc.binary_join_element_wise(*named, ""), "、")
    judged = {
        "concerned": pa.array(concerned),
        "present": pa.array(present),
        "score": pa.array(np.round(100 * present / np.maximum(concerned, 1), 1)),
        "missing": missing,
    }
    rows = found.select(["enterprise_id", "name", "area_code"])
    for name, column in judged.items():
        rows = rows.append_column(name, column)
    return rows


class _Judge:
    """Writes the one query of a range: enterprises, with a flag for every element."""

    def __init__(
        self, engine: Engine, archive: Archive, table: CompletenessTable, *, as_of: date
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._table = table
        self._as_of = as_of
        self._moment: Moment = moment(as_of)
        self._range = 0

    def expression(self, range_no: int, *, subject: str) -> Any:
        """One row per registered enterprise: who it is, ``is_`` and ``has_`` of each element."""
        self._range = range_no
        flags = self._standing()
        for name, described in self._table.subjects.items():
            if described.holds is not None:
                owners = self._select(described.holds).select("enterprise_id").distinct()
                flags = _flag(flags, owners, f"{_OF}{name}")
            else:
                flags = flags.mutate(**{f"{_OF}{name}": ibis.literal(True)})
        if subject != REGISTERED:
            flags = flags.filter(flags[f"{_OF}{subject}"])
        for element in self._table.elements:
            flags = self._judge(flags, element)
        names = [prefix + one.name for one in self._table.elements for prefix in (_IS, _HAS)]
        return flags.select("enterprise_id", "name", "area_code", *names).order_by("enterprise_id")

    def _records(self, kind: str) -> Any:
        return visible(self._archive.table(self._engine, kind, range_no=self._range), self._as_of)

    def _select(self, selection: Selection) -> Any:
        """Records in their newest state: a licence that was revoked is no licence any more."""
        records = self._records(selection.kind)
        if selection.by is not None:
            records = _newest(records, ["enterprise_id", selection.by])
        for name, codes in selection.where.items():
            records = records.filter(records[name].isin(codes))
        return records

    def _standing(self) -> Any:
        """Registered enterprises whose registration has not ended, and which fields are stated."""
        records = self._records(_REGISTRATION)
        newest = _newest(records, ["enterprise_id"])
        standing = newest.filter(newest.status.isin(_STANDING))
        fields = [one.field for one in self._table.elements if one.field is not None]
        stated = records.group_by("enterprise_id").aggregate(
            established=records.established_on.min(),
            **{f"stated_{name}": _is_stated(records[name]).any() for name in dict.fromkeys(fields)},
        )
        return standing.select("enterprise_id", "name", "area_code").join(stated, "enterprise_id")

    def _judge(self, flags: Any, element: Element) -> Any:
        concerned = flags[f"{_OF}{element.applies_to}"]
        flags = flags.mutate(**{f"{_IS}{element.name}": concerned})
        has = f"{_HAS}{element.name}"
        if element.field is not None:
            return flags.mutate(**{has: flags[f"stated_{element.field}"]})
        if element.record is not None:
            return _flag(flags, self._recent(element.record), has)
        if element.every is not None:
            lacking = _flag(flags, self._some_lack(element.every), "some_lack")
            return lacking.mutate(**{has: ~lacking.some_lack}).drop("some_lack")
        return self._annual_reports(flags, element)

    def _recent(self, wanted: Recent) -> Any:
        records = self._select(wanted)
        if wanted.years_parameter is not None:
            years = law.value(wanted.years_parameter, on=self._as_of)
            since = months_before(self._as_of, _MONTHS_A_YEAR * years)
            records = records.filter(records.event_on > since)
        return records.select("enterprise_id").distinct()

    def _some_lack(self, wanted: Every) -> Any:
        records = self._select(wanted)
        lacking = records.filter(~_is_stated(records[wanted.field]))
        return lacking.select("enterprise_id").distinct()

    def _annual_reports(self, flags: Any, element: Element) -> Any:
        """All reports due of the last years; nobody is concerned before its first one is due."""
        years = sorted(self._moment.report_deadlines)[-(element.annual_reports or 0) :]
        concerns, has = f"{_IS}{element.name}", f"{_HAS}{element.name}"
        if not years:
            return flags.mutate(**{concerns: ibis.literal(False), has: ibis.literal(True)})
        reports = self._records("annual_report")
        reports = reports.filter(reports.report_year.isin(years))
        counted = reports.group_by("enterprise_id").aggregate(reports=reports.report_year.nunique())
        first_year = flags.established.year() + self._moment.first_report_after - 1
        due = ibis.literal(0)
        for year in years:
            due = due + ibis.ifelse(first_year <= year, 1, 0)
        dated = flags.mutate(due=due.fill_null(0)).left_join(counted, "enterprise_id")
        dated = dated.drop("enterprise_id_right")
        dated = dated.mutate(
            **{
                concerns: dated[concerns] & (dated.due > 0),
                has: dated.reports.fill_null(0) >= dated.due,
            }
        )
        return dated.drop("due", "reports")


def _newest(records: Any, by: list[str]) -> Any:
    """Of each group the record of the newest event."""
    order = [ibis.desc("event_on"), ibis.desc("known_at"), ibis.desc("row_no")]
    window = ibis.window(group_by=by, order_by=order)
    placed = records.mutate(newest_first=ibis.row_number().over(window))
    return placed.filter(placed.newest_first == 0).drop("newest_first")


def _is_stated(column: Any) -> Any:
    return (column.cast("string") != "").fill_null(False)


def _flag(flags: Any, owners: Any, name: str) -> Any:
    """`flags` with a column that says who is among `owners`."""
    marked = owners.select("enterprise_id", is_there=ibis.literal(True))
    joined = flags.left_join(marked, "enterprise_id")
    named = joined.mutate(**{name: joined.is_there.fill_null(False)})
    return named.drop("is_there", "enterprise_id_right")
