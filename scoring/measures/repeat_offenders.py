"""Who was punished again and again for the same matter within a year; a person decides on it.

References
----------
食品安全法 art. 134 (``food.penalties_in_a_year``: other penalties than suspension of business and
revocation of a licence); ``measures.repeat_penalties`` for other matters (unconfirmed); 民法典
art. 202 for the year.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.archive import Archive
from features.engine import Engine
from features.indicators.windows import months_before
from features.key_enterprises.holders import registrations
from features.point_in_time import visible
from law.errors import NoValueError
from scoring.measures.rules import LawReader

_MONTHS_A_YEAR = 12
_FOOD = "food"
# What the law of food does not count: it is what the law threatens with.
_NOT_COUNTED = ("suspension", "licence_revocation")
NO_CONSEQUENCE = "法律未规定统一后果，由执法机构研判"
OFFENDERS = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("name", pa.string()),
        ("area_code", pa.string()),
        ("matter", pa.string()),
        ("penalties", pa.int64()),
        ("first_on", pa.date32()),
        ("last_on", pa.date32()),
        ("decisions", pa.string()),
        ("is_current", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class RepeatOffenders:
    """Rows of :data:`OFFENDERS`, newest first, and the law behind them.

    ``decisions`` are the numbers of the decisions that make up the repeat, joined by ``；``;
    ``is_current`` says that all of them lie within the year that ends on the as-of day.
    """

    as_of: date
    rows: pa.Table
    thresholds: dict[str, int]
    consequences: dict[str, str]
    reader: LawReader

    def ground(self, matter: str) -> str:
        """The act behind the number of a matter."""
        is_food = matter == _FOOD
        name = "food.penalties_in_a_year" if is_food else "measures.repeat_penalties"
        return self.reader.ground(name)


def find_repeat_offenders(
    engine: Engine,
    archive: Archive,
    *,
    as_of: date,
    region: str,
    overlay: Path | None = None,
) -> RepeatOffenders:
    """The last repeat of every enterprise and matter, from what was known on a day.

    Raises
    ------
    law.errors.NoValueError
        The law named no number for food on that day.
    """
    reader = LawReader(as_of, region=region, overlay=overlay)
    thresholds = {_FOOD: int(reader.value("food.penalties_in_a_year"))}
    with suppress(NoValueError):  # then there is a number for food alone
        thresholds |= reader.value("measures.repeat_penalties")
    consequences = {row["key"]: row["zh"] for row in reader.value("measures.repeat_consequences")}
    penalties = visible(archive.table(engine, "penalty"), as_of)
    kinds = ";" + penalties.penalty_kinds.fill_null("") + ";"
    barred = kinds.contains(f";{_NOT_COUNTED[0]};") | kinds.contains(f";{_NOT_COUNTED[1]};")
    counted = penalties.filter(~barred)
    found = ibis.union(
        *[_repeats(counted, matter, times) for matter, times in sorted(thresholds.items())]
    )
    names = registrations(engine, archive, as_of=as_of).select("enterprise_id", "name", "area_code")
    joined = found.left_join(names, "enterprise_id")
    rows = engine.to_arrow(
        joined.mutate(is_current=joined.first_on > months_before(as_of, _MONTHS_A_YEAR))
        .select(OFFENDERS.names)
        .order_by(ibis.desc("last_on"), "enterprise_id", "matter")
    ).cast(OFFENDERS)
    return RepeatOffenders(as_of, rows, thresholds, consequences, reader)


def _repeats(penalties: Any, matter: str, times: int) -> Any:
    """Per enterprise the last `times` decisions in a row that lie within a year."""
    rows = penalties.filter(penalties.matter == matter)
    order = {"group_by": "enterprise_id", "order_by": ["event_on", "decision_no"]}
    window = ibis.window(**order)
    earlier = {
        f"decision_{back}": rows.decision_no.lag(back).over(window) for back in range(1, times)
    }
    rows = rows.mutate(first_on=rows.event_on.lag(times - 1).over(window), **earlier)
    within = rows.event_on <= rows.first_on + ibis.interval(years=1)
    rows = rows.filter(within.fill_null(False))
    newest = ibis.row_number().over(
        ibis.window(
            group_by="enterprise_id",
            order_by=[ibis.desc("event_on"), ibis.desc("decision_no")],
        )
    )
    rows = rows.mutate(newest_=newest).filter(lambda table: table.newest_ == 0)
    decisions = rows.decision_no
    for back in range(1, times):
        decisions = rows[f"decision_{back}"] + "；" + decisions
    return rows.select(
        "enterprise_id",
        "first_on",
        matter=ibis.literal(matter),
        penalties=ibis.literal(times, "int64"),
        last_on=rows.event_on,
        decisions=decisions,
    )
