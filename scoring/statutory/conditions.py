"""Rules over records, counted for many enterprises at once."""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from features import evidence
from features.build import PLACE
from features.catalogue import ENTERPRISE_NO, SEQUENCE, record_kinds
from features.engine import AnyEngine, Query
from features.indicators import catalogue
from features.indicators.records import ArchiveTables, fetch_by_kind, is_few, stored
from features.indicators.windows import months_before
from features.messages import Message
from features.point_in_time import visible
from scoring.errors import StatutoryRuleError, refuse
from scoring.statutory.rules import RecordRule

# One row per (enterprise, rule) that holds, with the newest record behind it.
HITS = pa.schema(
    [
        (ENTERPRISE_NO, pa.int64()),
        ("rule", pa.int64()),
        ("amount", pa.float64()),
        *evidence.DESCRIPTION,
    ]
)
_AMOUNT = "amount_{}"


def count_hits(
    engine: AnyEngine,
    archive: ArchiveTables,
    rules: Sequence[RecordRule],
    *,
    matrix: pa.Table,
    as_of: date,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Which rules hold for which enterprises as of a day.

    Parameters
    ----------
    matrix
        The indicators that rules name (``build_matrix(with_places=True)``).

    Returns
    -------
    pa.Table
        Columns of `HITS`; ``rule`` is the position in `rules`. Only records that happened by
        `as_of` and were known by its end count.

    Raises
    ------
    StatutoryRuleError
        A rule names a record kind, field or indicator that does not exist; all are listed.
    """
    require_known(rules)
    key = ("statutory", repr(rules), as_of)
    queries = engine.once(key, lambda: _queries(engine, rules, as_of=as_of))
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    records = fetch_by_kind(
        engine, archive, queries, schema=_schema(rules), few=is_few(enterprise_ids), **where
    ).sort_by([(ENTERPRISE_NO, "ascending"), (SEQUENCE, "ascending")])
    hits = [
        _record_hits(records, rule, number)
        for number, rule in enumerate(rules)
        if rule.kind is not None
    ]
    return pa.concat_tables(
        [*hits, _indicator_hits(engine, archive, rules, matrix=matrix, **where)]
    )


def require_known(rules: Sequence[RecordRule]) -> None:
    """Refuse rules that name what the catalogue does not have.

    Raises
    ------
    StatutoryRuleError
    """
    kinds, indicators = record_kinds(), {item.name for item in catalogue()}
    faults = []
    for rule in rules:
        place = f"{rule.part} › {rule.key}"
        if rule.indicator is not None and rule.indicator not in indicators:
            faults.append(Message(f"{place}：没有指标 {rule.indicator}", f"{place}: no indicator"))
        if rule.kind is not None and rule.kind not in kinds:
            faults.append(Message(f"{place}：没有记录种类 {rule.kind}", f"{place}: no such kind"))
        elif rule.kind is not None:
            named = [*rule.where, *([rule.total] if rule.total else [])]
            faults += [
                Message(f"{place}：{rule.kind} 没有字段 {name}", f"{place}: no field {name}")
                for name in named
                if name not in kinds[rule.kind].fields
            ]
    refuse(StatutoryRuleError, faults)


def _schema(rules: Sequence[RecordRule]) -> pa.Schema:
    """Records that rules look at; how much one counts for each rule, null where it does not."""
    amounts = [(_AMOUNT.format(number), pa.float64()) for number in range(len(rules))]
    record = [(ENTERPRISE_NO, pa.int64()), (SEQUENCE, pa.int32()), *evidence.DESCRIPTION]
    return pa.schema([*record, *amounts])


def _queries(engine: AnyEngine, rules: Sequence[RecordRule], *, as_of: date) -> dict[str, Query]:
    """One query a record kind, for all its rules."""
    kinds = dict.fromkeys(rule.kind for rule in rules if rule.kind is not None)
    return {
        kind: engine.prepare(_looked_at(kind, rules, as_of=as_of).select(*_schema(rules).names))
        for kind in kinds
    }


def _looked_at(kind: str, rules: Sequence[RecordRule], *, as_of: date) -> Any:
    rows = visible(stored(kind, with_provenance=True), as_of)
    meets = {
        number: _meets(rows, rule, as_of=as_of)
        for number, rule in enumerate(rules)
        if rule.kind == kind
    }
    amounts = {_AMOUNT.format(number): ibis.null("float64") for number in range(len(rules))}
    for number, test in meets.items():
        total = rules[number].total
        counted = 1.0 if total is None else rows[total].cast("float64")
        amounts[_AMOUNT.format(number)] = ibis.ifelse(test, counted, None)
    reference = rows[record_kinds()[kind].reference].cast("string")
    return rows.mutate(reference=reference, **amounts).filter(reduce(or_, meets.values()))


def _meets(rows: Any, rule: RecordRule, *, as_of: date) -> Any:
    assert rule.kind is not None
    tests = [_is_one_of(rows, rule.kind, name, values) for name, values in rule.where.items()]
    if rule.within_months is not None:
        tests.append(rows.event_on > months_before(as_of, rule.within_months))
    if rule.total is not None:
        tests.append((rows[rule.total] > 0).fill_null(False))
    return reduce(and_, tests, ibis.literal(True))


def _record_hits(records: pa.Table, rule: RecordRule, number: int) -> pa.Table:
    """Whose records, ordered by enterprise and sequence, make a rule hold: its newest record."""
    amount = records[_AMOUNT.format(number)].to_numpy()
    counted = np.flatnonzero(~np.isnan(amount))
    _, first = np.unique(records[ENTERPRISE_NO].to_numpy()[counted], return_index=True)
    newest = counted[np.append(first, len(counted))[1:] - 1]
    amounts = np.add.reduceat(amount[counted], first)
    holds = amounts >= rule.at_least
    found = records.take(pa.array(newest[holds]))
    found = found.append_column("rule", pa.repeat(pa.scalar(number, pa.int64()), len(found)))
    return found.append_column("amount", pa.array(amounts[holds])).select(HITS.names)


def _is_one_of(rows: Any, kind: str, name: str, values: Sequence[Any]) -> Any:
    if record_kinds()[kind].fields[name].is_list:
        joined = ";" + rows[name] + ";"
        return reduce(or_, [joined.contains(f";{value};") for value in values]).fill_null(False)
    return rows[name].isin(list(values)).fill_null(False)


def _indicator_hits(
    engine: AnyEngine,
    archive: ArchiveTables,
    rules: Sequence[RecordRule],
    *,
    matrix: pa.Table,
    range_no: int | None,
    enterprise_ids: Sequence[str] | None,
) -> pa.Table:
    parts = []
    for number, rule in enumerate(rules):
        if rule.indicator is None:
            continue
        values = matrix[rule.indicator].to_numpy()
        holds = np.flatnonzero(np.nan_to_num(values) >= rule.at_least)
        name, take = PLACE.format(name=rule.indicator), pa.array(holds)
        known = name in matrix.column_names
        parts.append(
            pa.table(
                {
                    ENTERPRISE_NO: matrix[ENTERPRISE_NO].take(take),
                    "rule": pa.repeat(pa.scalar(number, pa.int64()), len(holds)),
                    "amount": pa.array(values[holds], pa.float64()),
                    "place": matrix[name].take(take) if known else pa.nulls(len(holds), pa.int64()),
                }
            )
        )
    if not parts:
        return HITS.empty_table()
    hits = pa.concat_tables(parts)
    records = evidence.describe(
        engine,
        archive,
        hits[ENTERPRISE_NO].to_numpy(),
        hits["place"].combine_chunks(),
        range_no=range_no,
        enterprise_ids=enterprise_ids,
    )
    columns = [*hits.drop(["place"]).columns, *records.columns]
    return pa.table(columns, schema=HITS)
