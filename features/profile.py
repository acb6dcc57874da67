"""Who the enterprises are as of a day: what a screen shows and what rules of grading ask."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import law
from features.build import (
    DatedArchive,
    build_context,
    check_as_of,
    chosen,
    dated,
    matrix_outputs,
)
from features.catalogue import ENTERPRISE_NO, record_kinds
from features.engine import AnyEngine, Query
from features.indicators.assembly import Plan, make_plan
from features.indicators.common import (
    AGE,
    ESTABLISHED,
    INDUSTRY,
    ON_ABNORMAL_LIST,
    ON_SERIOUS_LIST,
    STATUS,
    VALID,
)
from features.indicators.conditions import equals
from features.indicators.context import Context
from features.indicators.food import FOOD_LICENCE
from features.indicators.formulas import Formula, in_sector
from features.indicators.measures import Aggregate, count, latest
from features.indicators.moment import Moment, moment
from features.indicators.parts import Output, places_of
from features.indicators.records import Records, bind_records, is_few
from features.indicators.sources import PARTIAL
from features.indicators.special_equipment import EQUIPMENT_LICENCE, IN_USE
from features.indicators.vocabulary import SOURCES
from features.indicators.wanted import Wanted

_TEXTS: Mapping[str, Formula] = {
    "name": latest("registration", "name"),
    "area_code": latest("registration", "area_code"),
    "industry_code": INDUSTRY,
    "entity_type": latest("registration", "entity_type"),
    "status": STATUS,
    "established_on": ESTABLISHED,
    "address": latest("registration", "address"),
    "registered_capital_cny": latest("registration", "registered_capital_cny"),
}
# A sector is said by what the enterprise may do, by what it operates, or by its industry.
_SECTORS: Mapping[str, tuple[Formula, ...]] = {
    "is_food": (count("licence", where=(FOOD_LICENCE, VALID)), in_sector(INDUSTRY, "food")),
    "is_special_equipment": (
        count("licence", where=(EQUIPMENT_LICENCE, VALID)),
        count("unit", where=(IN_USE,)),
        in_sector(INDUSTRY, "special_equipment"),
    ),
}
# Whether a valid licence of each kind of law/codes/licence_kinds is held.
_HOLDS: Mapping[str, tuple[Formula, ...]] = {
    f"holds_{kind}": (
        count("licence", where=(equals("licence_kind", kind, zh=code.zh, en=code.en), VALID)),
    )
    for kind, code in law.codes("licence_kinds").items()
}
_LISTS: Mapping[str, tuple[Formula, ...]] = {
    "on_serious_violation_list": (ON_SERIOUS_LIST,),
    "on_abnormal_operations_list": (ON_ABNORMAL_LIST,),
}


def _any(counts: Sequence[Any]) -> Any:
    """Whether one of the counts or flags is above zero; an unknown one says nothing."""
    return reduce(or_, [(count > 0).fill_null(False) for count in counts])


_OUTPUTS: Mapping[str, Output] = {
    **{name: Output((formula,), lambda values: values[0]) for name, formula in _TEXTS.items()},
    **{name: Output(parts, _any) for name, parts in {**_SECTORS, **_HOLDS, **_LISTS}.items()},
    "months_since_established": Output((AGE,), lambda values: values[0].cast("int64")),
}
# What they are called beside indicators, some of which have the same names.
_OWN = "profile_{name}"
_HISTORY = _OWN.format(name="has_history")
# Being registered, or near to what happens in the streets, is no conduct of the enterprise.
_SILENT = ("registration", "area_event")


def build_profile(
    engine: AnyEngine,
    archive: DatedArchive,
    *,
    as_of: date,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Describe enterprises as of a day.

    Returns
    -------
    pa.Table
        The rows and the order of :func:`features.build.build_matrix`. Texts, capital and
        ``established_on`` are those of the newest registration record that states them, null
        where none does.
        ``is_food``, ``is_special_equipment``: a valid licence, a unit in use or an industry of the
        sector. ``holds_<kind>``: a valid licence of the kind. ``on_..._list``: a listing without a
        visible removal. ``months_since_established`` (int64): complete months since the
        establishment, or since the first visible registration where it is unknown.
        ``has_history``: any visible record that is not a registration.

    Raises
    ------
    AsOfError
        The archive knows nothing about the weeks before `as_of`.
    """
    return build_matrix_and_profile(
        engine, archive, as_of=as_of, range_no=range_no, enterprise_ids=enterprise_ids, names=()
    )[1]


def build_matrix_and_profile(
    engine: AnyEngine,
    archive: DatedArchive,
    *,
    as_of: date,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
    with_places: bool = False,
    context: Context | None = None,
    names: Sequence[str] | None = None,
) -> tuple[pa.Table, pa.Table]:
    """What :func:`features.build.build_matrix` and :func:`build_profile` give, row by row together.

    Every record is read once for both, which costs little more than the matrix alone.
    """
    check_as_of(archive, as_of)
    indicators = chosen(names)
    if context is None:
        context = build_context(engine, archive, as_of=as_of, names=names)
    now, wanted = moment(as_of), context.wanted
    outputs = matrix_outputs(indicators, with_places=with_places)
    key = ("matrix and profile", repr(now), tuple(outputs), wanted.identity)
    plan, history = engine.once(key, lambda: _plan(engine, now, outputs, wanted))
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    rows = plan.rows(engine, archive, sums=context.bind(engine, range_no=range_no), **where)
    has_history = pc.or_(rows[_HISTORY], _has_history(engine, archive, history, rows, **where))
    numbered = [ENTERPRISE_NO] if with_places else []
    matrix = dated(rows.select(["enterprise_id", *outputs, *numbered]), as_of)
    told = {name: rows[_OWN.format(name=name)] for name in _OUTPUTS}
    profile = {"enterprise_id": rows["enterprise_id"], **told, "has_history": has_history}
    return matrix, pa.table(profile)


def _plan(
    engine: AnyEngine, now: Moment, beside: Mapping[str, Output], wanted: Wanted
) -> tuple[Plan, dict[str, Query]]:
    records = Records(now, wanted.rates)
    outputs = {**beside, **{_OWN.format(name=name): out for name, out in _OUTPUTS.items()}}
    leaves = {leaf for output in outputs.values() for leaf in output.leaves()}
    read = {leaf.source for leaf in leaves if isinstance(leaf, Aggregate)}
    # Sources that are read anyway tell it on the way; other kinds are asked one by one.
    told_by = {SOURCES[source].kind: source for source in sorted(read - PARTIAL)}
    told_by = {kind: source for kind, source in told_by.items() if kind not in _SILENT}
    outputs[_HISTORY] = Output(tuple(count(source) for source in told_by.values()), _any)
    history = {
        kind: engine.prepare(records.of(kind).select(ENTERPRISE_NO))
        for kind in record_kinds()
        if kind not in _SILENT and kind not in told_by
    }
    plan = make_plan(engine, records, outputs, wanted=wanted)
    return replace(plan, outputs=(*plan.outputs, ENTERPRISE_NO)), history


def _has_history(
    engine: AnyEngine,
    archive: DatedArchive,
    history: Mapping[str, Query],
    rows: pa.Table,
    **where: Any,
) -> pa.Array:
    """Whether each enterprise of `rows` has a record of those kinds."""
    few = is_few(where["enterprise_ids"])
    silent = bind_records(engine, archive, history, **where, in_memory=few)
    numbers = rows[ENTERPRISE_NO].to_numpy()
    seen = np.zeros(len(numbers), dtype=bool)
    for kind, query in history.items():
        if kind not in silent and not seen.all():
            seen |= places_of(numbers, engine.fetch(query, few=few)[ENTERPRISE_NO].to_numpy()) >= 0
    return pa.array(seen)
