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
from features.build import DatedArchive, check_as_of
from features.catalogue import ENTERPRISE_NO, record_kinds
from features.engine import AnyEngine, Query
from features.indicators.assembly import Output, Plan, make_plan
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
from features.indicators.food import FOOD_LICENCE
from features.indicators.formulas import Formula, in_sector
from features.indicators.measures import count, latest
from features.indicators.moment import Moment, moment
from features.indicators.records import Records, bind_records, is_few
from features.indicators.special_equipment import EQUIPMENT_LICENCE, IN_USE

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
    check_as_of(archive, as_of)
    now = moment(as_of)
    plan, history = engine.once(("profile", repr(now)), lambda: _plan(engine, now))
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    table = plan.rows(engine, archive, **where)
    few = is_few(enterprise_ids)
    silent = bind_records(engine, archive, history, **where, in_memory=True) if few else ()
    numbers = table[ENTERPRISE_NO].combine_chunks()
    has_history = np.zeros(len(numbers), dtype=bool)
    # The plan's kinds, the history's among them, are bound still.
    for kind, query in history.items():
        if kind not in silent and not has_history.all():
            seen = engine.fetch(query, few=few)[ENTERPRISE_NO]
            has_history |= pc.is_in(numbers, value_set=seen).to_numpy(zero_copy_only=False)
    return table.drop([ENTERPRISE_NO]).append_column("has_history", pa.array(has_history))


def _plan(engine: AnyEngine, now: Moment) -> tuple[Plan, dict[str, Query]]:
    records = Records(now)
    outputs = {
        **{name: Output((formula,), lambda values: values[0]) for name, formula in _TEXTS.items()},
        **{name: Output(parts, _any) for name, parts in {**_SECTORS, **_HOLDS, **_LISTS}.items()},
        "months_since_established": Output((AGE,), lambda values: values[0].cast("int64")),
    }
    # Numbers are told apart several times faster than codes.
    history = {
        kind: engine.prepare(records.of(kind).select(ENTERPRISE_NO).distinct())
        for kind in record_kinds()
        if kind not in _SILENT
    }
    plan = make_plan(engine, records, outputs)
    return replace(plan, outputs=(*plan.outputs, ENTERPRISE_NO)), history


def _any(counts: Sequence[Any]) -> Any:
    """Whether one of the counts or flags is above zero; an unknown one says nothing."""
    return reduce(or_, [(count > 0).fill_null(False) for count in counts])
