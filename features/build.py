"""MAIN FLOW 1: records and a day in, indicator matrix out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import ibis
import numpy as np
import pyarrow as pa

from features.catalogue import ENTERPRISE_NO
from features.engine import AnyEngine
from features.errors import AsOfError
from features.evidence import identify
from features.indicators import Indicator, catalogue
from features.indicators.assembly import Plan, make_plan
from features.indicators.context import Context, exchange, sum_up_archive
from features.indicators.errors import UnknownIndicatorError
from features.indicators.formulas import Formula
from features.indicators.kept_context import keep_context, kept_context
from features.indicators.moment import Moment, moment
from features.indicators.parts import Output
from features.indicators.records import ArchiveTables, Records, place_at
from features.indicators.sources import REORDERED
from features.indicators.wanted import Wanted, wanted_of
from features.point_in_time import OFFICE_OFFSET

# An archive is imported monthly: an as-of day this long after its last record is still answered.
LONGEST_WAIT = timedelta(days=31)
# The columns that name the newest record behind an indicator: by its identity, by its place.
EVIDENCE, PLACE = "{name}__record", "{name}__place"


class DatedArchive(ArchiveTables, Protocol):
    """What the main flow needs of an archive: its tables, and up to when it knows."""

    @property
    def latest_known_at(self) -> datetime | None:
        """The newest ``known_at`` (naive UTC); None for an archive without records."""


def build_matrix(
    engine: AnyEngine,
    archive: DatedArchive,
    *,
    as_of: date,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
    with_evidence: bool = False,
    with_places: bool = False,
    context: Context | None = None,
    names: Sequence[str] | None = None,
) -> pa.Table:
    """Indicators of enterprises as of a day.

    Parameters
    ----------
    range_no, enterprise_ids
        Which enterprises; all where both are None. The values do not depend on it: what is counted
        over other enterprises is always counted over the whole archive.
    with_evidence
        Add ``<indicator>__record`` for every indicator with a record kind.
    with_places
        Add ``enterprise_no``, and ``<indicator>__place`` for every indicator with a record kind:
        the same records as whole numbers, for :func:`features.evidence.describe`. They cost a
        small part of what identities do, and mean something in this archive alone.
    context
        The whole archive's part, from :func:`build_context` for the same archive and day; computed
        when not given. Give it when several ranges are asked for.
    names
        Compute these indicators only; None computes the whole catalogue.

    Returns
    -------
    pa.Table
        One row per enterprise with a visible registration whose newest status is neither
        deregistered nor moved out, sorted by ``enterprise_id``: ``enterprise_id``, ``as_of``, each
        indicator of the catalogue as float64 (null: unknown or not applicable), and the
        ``record_id`` (string) of the newest record behind it, null where no record counted.

    Raises
    ------
    AsOfError
        The archive knows nothing about the weeks before `as_of`.
    UnknownIndicatorError
        `names` has one that is not in the catalogue.
    """
    check_as_of(archive, as_of)
    indicators = chosen(names)
    if context is None:
        context = build_context(engine, archive, as_of=as_of, names=names)
    now, wanted = moment(as_of), context.wanted
    places = with_places or with_evidence
    key = ("matrix", repr(now), names and tuple(names), places, wanted.identity)
    plan = engine.once(
        key, lambda: _plan_matrix(engine, now, indicators, wanted, with_places=places)
    )
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    sums = context.bind(engine, range_no=range_no)
    rows = dated(plan.rows(engine, archive, sums=sums, **where), as_of)
    if with_evidence:
        proven = [item.name for item in indicators if item.evidence]
        named = [PLACE.format(name=name) for name in proven]
        ids = _record_ids(engine, archive, rows, named, **where)
        rows = rows if with_places else rows.drop([*named, ENTERPRISE_NO])
        for name, column in zip(proven, ids, strict=True):
            rows = rows.append_column(EVIDENCE.format(name=name), column)
    return rows


def dated(rows: pa.Table, as_of: date) -> pa.Table:
    """Indicators with the day they are of, after the enterprise."""
    return rows.add_column(1, "as_of", pa.repeat(pa.scalar(as_of), rows.num_rows))


def _record_ids(
    engine: AnyEngine, archive: DatedArchive, rows: pa.Table, places: Sequence[str], **where: Any
) -> list[pa.ChunkedArray]:
    """The identities of the records at columns of places, a column each."""
    together = pa.chunked_array([rows[name].combine_chunks() for name in places], pa.int64())
    numbers = np.tile(rows[ENTERPRISE_NO].to_numpy(), len(places))
    found = identify(engine, archive, numbers, together.combine_chunks(), **where)
    return [found.slice(place * len(rows), len(rows)) for place in range(len(places))]


def build_context(
    engine: AnyEngine,
    archive: ArchiveTables,
    *,
    as_of: date,
    names: Sequence[str] | None = None,
    folder: Path | None = None,
) -> Context:
    """What the whole archive says as of a day, to be shared by the ranges of a batch.

    `folder` takes what would not fit into memory for millions of enterprises.
    """
    wanted = _wanted(None if names is None else tuple(names))
    return sum_up_archive(engine, archive, moment=moment(as_of), wanted=wanted, folder=folder)


def settle_context(
    engine: AnyEngine,
    archive: ArchiveTables,
    *,
    as_of: date,
    names: Sequence[str] | None = None,
    folder: Path | None,
) -> Context:
    """The context that `folder` keeps, or else :func:`build_context`, kept there from now on.

    A folder belongs to one archive build and one day; its owner sees to that. Without a folder the
    context stays in memory.
    """
    if folder is None:
        return build_context(engine, archive, as_of=as_of, names=names)
    kept = kept_context(folder, _wanted(None if names is None else tuple(names)))
    if kept is not None:
        return kept
    context = build_context(engine, archive, as_of=as_of, names=names, folder=folder)
    return keep_context(context, folder)


def follow_context(
    engine: AnyEngine,
    context: Context,
    *,
    before: ArchiveTables,
    after: ArchiveTables,
    as_of: date,
    enterprise_ids: Sequence[str],
    folder: Path | None = None,
) -> Context:
    """The context of an archive that went on from another, where these enterprises changed.

    Equal to what :func:`build_context` would give for `after`, at the cost of the few.
    """
    return exchange(
        context,
        engine,
        before=before,
        after=after,
        moment=moment(as_of),
        enterprise_ids=enterprise_ids,
        folder=folder,
    )


@cache
def _wanted(names: tuple[str, ...] | None) -> Wanted:
    return wanted_of([item.formula for item in chosen(names)])


def _plan_matrix(
    engine: AnyEngine,
    now: Moment,
    indicators: Sequence[Indicator],
    wanted: Wanted,
    *,
    with_places: bool,
) -> Plan:
    outputs = matrix_outputs(indicators, with_places=with_places)
    plan = make_plan(engine, Records(now, wanted.rates), outputs, wanted=wanted)
    return replace(plan, outputs=(*plan.outputs, ENTERPRISE_NO)) if with_places else plan


def matrix_outputs(indicators: Sequence[Indicator], *, with_places: bool) -> dict[str, Output]:
    """The columns of a matrix, by name."""
    outputs = {item.name: Output((item.formula,), _as_number) for item in indicators}
    if with_places:
        outputs |= {
            PLACE.format(name=item.name): Output(item.evidence, _of_first(item.evidence))
            for item in indicators
            if item.evidence
        }
    return outputs


def _as_number(values: Sequence[Any]) -> Any:
    return values[0].cast("float64")


def _of_first(evidence: Sequence[Formula]) -> Callable[[Sequence[Any]], Any]:
    """What gives the place of the record at the first position known."""
    sources = {getattr(leaf, "source", None) for one in evidence for leaf in one.leaves()}
    return _first if sources.isdisjoint(REORDERED) else lambda values: place_at(_first(values))


def _first(values: Sequence[Any]) -> Any:
    return ibis.coalesce(*values) if len(values) > 1 else values[0]


def check_as_of(archive: DatedArchive, as_of: date) -> None:
    """Refuse a day of which the archive cannot know.

    Raises
    ------
    AsOfError
        `as_of` lies more than 31 days after the newest record became known.
    """
    if archive.latest_known_at is None:
        return
    known = (archive.latest_known_at + OFFICE_OFFSET).date()
    if as_of > known + LONGEST_WAIT:
        raise AsOfError(
            f"观察日 {as_of} 过晚：档案只归集到 {known}。请先导入 {known} 之后各部门的数据"
            f"并重建档案，或把观察日改为不晚于 {known + LONGEST_WAIT} 的日期",
            f"as-of day {as_of} is too late: the archive knows records up to {known} only. Import"
            f" the departments' files after {known} and rebuild the archive, or choose a day not"
            f" after {known + LONGEST_WAIT}",
        )


def chosen(names: Sequence[str] | None) -> tuple[Indicator, ...]:
    """The indicators of these names, in the order of the catalogue; all where None.

    Raises
    ------
    UnknownIndicatorError
    """
    if names is None:
        return catalogue()
    unknown = sorted(set(names) - {item.name for item in catalogue()})
    if unknown:
        raise UnknownIndicatorError(
            f"指标目录中没有 {'、'.join(unknown)}；全部指标见 docs/indicators.md",
            f"no indicator is called {', '.join(unknown)}; docs/indicators.md lists them all",
        )
    return tuple(item for item in catalogue() if item.name in set(names))
