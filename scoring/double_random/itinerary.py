"""Days and routes of the visits: a list per inspector and day.

Visits come in the order of their tickets; each takes the first working day on which its whole team
has room. Within a day the order is that of the tickets: nobody chooses who is visited first.
`stop` is a proposal for driving: the day's visits along a Hilbert curve over their coordinates.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.workbook import Sheet, workbook_bytes
from scoring.errors import PlanError

_CURVE_ORDER = 16  # cells of 2^-16 of the round's extent: about a metre in a city
_HEADERS = {
    "检查人员": 14,
    "姓名": 10,
    "日期": 12,
    "当日次序": 10,
    "建议路线": 10,
    "统一社会信用代码": 22,
    "企业名称": 36,
    "地址": 44,
    "抽查事项": 30,
    "同组人员": 30,
}


@dataclass(frozen=True)
class Stop:
    """One inspector's visit: `order` by ticket within the day, `stop` along the route; from 1."""

    inspector_id: str
    day: date
    order: int
    stop: int
    uscc: str


def plan_days(
    visits: Sequence[tuple[str, str, Sequence[str]]],
    days: Sequence[date],
    *,
    per_day: int,
    positions: Mapping[str, int],
) -> list[Stop]:
    """Stops by inspector, day and order for `visits` (ticket, uscc, inspectors).

    `days` are the working days of the task in order. `positions` are places along the curve
    (:func:`hilbert_positions`); enterprises without one come last in the proposed route.

    Raises
    ------
    PlanError
        `per_day` is less than 1, or the days don't hold all visits.
    """
    if per_day < 1:
        raise PlanError(
            f"每人每天检查次数 {per_day} 应不小于 1", f"visits a day, {per_day}, must be 1 or more"
        )
    load: Counter[tuple[str, date]] = Counter()
    planned: list[tuple[str, date, str, str]] = []
    homeless: list[str] = []
    # One visit after the other: each takes room that the earlier ones left.
    for ticket, uscc, team in sorted(visits):
        day = next((d for d in days if all(load[who, d] < per_day for who in team)), None)
        if day is None:
            homeless.append(uscc)
            continue
        for who in team:
            load[who, day] += 1
            planned.append((who, day, ticket, uscc))
    if homeless:
        raise PlanError(
            f"任务期内 {len(days)} 个工作日、每人每天 {per_day} 次排不下 {len(homeless)} 户，"
            "请增加每天次数或延长任务期",
            f"{len(days)} working days with {per_day} visits a day don't hold {len(homeless)} of"
            " the visits; allow more a day or lengthen the task period",
        )
    return _number(planned, positions)


def hilbert_positions(coordinates: pd.DataFrame) -> dict[str, int]:
    """Places along a Hilbert curve from columns uscc, longitude, latitude (degrees)."""
    if coordinates.empty:
        return {}
    cells = {}
    for axis in ("longitude", "latitude"):
        values = coordinates[axis].astype("float64")
        extent = max(values.max() - values.min(), 1e-9)
        cells[axis] = ((values - values.min()) / extent * ((1 << _CURVE_ORDER) - 1)).astype("int64")
    places = zip(coordinates["uscc"], cells["longitude"], cells["latitude"], strict=True)
    return {str(uscc): hilbert_distance(int(x), int(y)) for uscc, x, y in places}


def hilbert_distance(x: int, y: int) -> int:
    """How far along the curve of order 16 the cell (x, y) lies."""
    distance, side = 0, 1 << (_CURVE_ORDER - 1)
    while side:
        right, upper = int(bool(x & side)), int(bool(y & side))
        distance += side * side * ((3 * right) ^ upper)
        x, y = x & (side - 1), y & (side - 1)
        if not upper:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return distance


def itinerary_workbook(
    stops: Sequence[Stop], sampling_list: Mapping[str, Mapping[str, str]], names: Mapping[str, str]
) -> bytes:
    """A sheet with a row per inspector and visit; `sampling_list` describes visits by code."""
    rows = (
        [
            stop.inspector_id,
            names[stop.inspector_id],
            stop.day.isoformat(),
            str(stop.order),
            str(stop.stop),
            stop.uscc,
            sampling_list[stop.uscc]["name"],
            sampling_list[stop.uscc]["address"],
            sampling_list[stop.uscc]["items"],
            sampling_list[stop.uscc]["team"],
        ]
        for stop in stops
    )
    return workbook_bytes([Sheet("人员日程", list(_HEADERS), rows, _HEADERS)])


def _number(
    planned: Sequence[tuple[str, date, str, str]], positions: Mapping[str, int]
) -> list[Stop]:
    rows = pd.DataFrame(planned, columns=["who", "day", "ticket", "uscc"])
    rows["position"] = rows["uscc"].map(positions).astype("float64").fillna(float("inf"))
    rows = rows.sort_values(["who", "day", "position", "ticket"])
    rows["stop"] = rows.groupby(["who", "day"]).cumcount() + 1
    rows = rows.sort_values(["who", "day", "ticket"])
    rows["order"] = rows.groupby(["who", "day"]).cumcount() + 1
    columns = (rows[name].tolist() for name in ("who", "day", "order", "stop", "uscc"))
    return [Stop(*values) for values in zip(*columns, strict=True)]
