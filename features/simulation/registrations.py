"""Registration events: establishment, changes, revocation, deregistration, moving out."""

from dataclasses import dataclass

import numpy as np

from features.simulation import words
from features.simulation.arrays import Array, Columns, joined, stacked, stream, take
from features.simulation.city import City
from features.simulation.industries import INDUSTRIES
from features.simulation.naming import (
    ENTITY_ZH,
    bureau_of,
    coordinates,
    enterprise_names,
    house_numbers,
    person_names,
    person_numbers,
    streets,
    text_of,
)
from features.simulation.population import Population
from features.simulation.source_file import (
    ID_COLUMN,
    KNOWN_COLUMN,
    SourceFile,
    collected_on,
    finished,
)

NAME_ITEM, SHAREHOLDERS_ITEM, OWNER_ITEM = "名称", "股东", "法定代表人"
"""Changed items that other departments' files follow."""
_ADDRESS_ITEM = "住所"
_CHANGE_RATES = {
    NAME_ITEM: 0.012,
    _ADDRESS_ITEM: 0.045,
    "经营范围": 0.045,
    "注册资本": 0.02,
    SHAREHOLDERS_ITEM: 0.025,
}
_CHANGES_BY_LAXNESS = 0.4
DEREGISTRATION = "注销"
_STATUS = {"设立": "在营", "变更": "在营", "吊销": "吊销", DEREGISTRATION: "注销", "迁出": "迁出"}
_MOVED_OUT_SHARE = 0.05
_DAYS = 1 << 20  # more days than any calendar here has


@dataclass(frozen=True)
class Register:
    """One row a registration event, by enterprise and day, with the state after it."""

    enterprise: Array
    day: Array
    known: Array  # day of collection
    event: Array
    item: Array  # what a change changed, else empty
    person: Array  # legal representative
    address: Array  # address number
    version: Array  # how often the name was changed

    def row_on(self, enterprise: Array, day: Array) -> Array:
        """Position of the last event of each enterprise up to its day.

        Every enterprise must be established by then.
        """
        return (
            np.searchsorted(_order(self.enterprise, self.day), _order(enterprise, day), "right") - 1
        )


def describe(city: City) -> Register:
    """Every registration event of the city."""
    rng = stream(city.seed, "registrations")
    blocks = [
        _block(np.arange(city.people.size), city.people.established, event="设立"),
        *_changes(city, rng),
        *_endings(city, rng),
    ]
    events = stacked(blocks)
    events = take(events, np.lexsort((events["day"], events["enterprise"])))
    rows = events["enterprise"]
    return Register(
        enterprise=rows,
        day=events["day"],
        known=collected_on(events["day"], rng),
        event=events["event"],
        item=events["item"],
        person=_persons(city.people, events),
        address=_addresses(city.people, events),
        version=_so_far(rows, events["item"] == NAME_ITEM),
    )


def _order(enterprise: Array, day: Array) -> Array:
    """One number that sorts by enterprise, then day."""
    return np.asarray(enterprise * _DAYS + day.astype("datetime64[D]").astype(np.int64))


def registration_file(city: City, register: Register) -> SourceFile:
    """The register: one row per registration event, with the state after it."""
    rng = stream(city.seed, "registration ledger")
    columns = _described(city, register)
    return SourceFile(
        source="city_registrations",
        name="模拟_企业登记.csv",
        layout="csv",
        columns=finished(columns, "核准日期", timeline=city.timeline, rng=rng),
        event_column="核准日期",
        code_column="登记事项",
        required_column="名称",
        encoding="gb18030",
    )


def _block(
    enterprise: Array, day: Array, *, event: str, item: str = "", person: Array | int = -1
) -> Columns:
    size = len(enterprise)
    return {
        "enterprise": enterprise,
        "day": day,
        "event": np.full(size, event),
        "item": np.full(size, item, dtype="U8"),
        "person": np.broadcast_to(np.asarray(person), (size,)).astype(np.int64),
    }


def _changes(city: City, rng: np.random.Generator) -> list[Columns]:
    """Changes of registered items; the badly run change a little more."""
    people, laxness = city.people, city.history.laxness
    drawn = [(OWNER_ITEM, *people.owner_changes)]
    for item, rate in _CHANGE_RATES.items():
        chance = rate / 12 * np.exp(_CHANGES_BY_LAXNESS * laxness)
        months, rows = np.nonzero(rng.random(laxness.shape, dtype=np.float32) < chance)
        if item == _ADDRESS_ITEM:  # those at a shared address stay
            moving = people.address[rows] >= people.shared_addresses
            months, rows = months[moving], rows[moving]
        drawn.append((item, months, rows, np.full(len(rows), -1)))
    changes = []
    for item, months, rows, person in drawn:
        open_then = city.in_business(rows, months)
        months, rows = months[open_then], rows[open_then]
        day = city.timeline.days_within(months, rng)
        changes.append(_block(rows, day, event="变更", item=item, person=person[open_then]))
    return changes


def _endings(city: City, rng: np.random.Generator) -> list[Columns]:
    history, timeline = city.history, city.timeline
    ended = np.flatnonzero(history.ended < timeline.months)
    away = rng.random(len(ended)) < _MOVED_OUT_SHARE
    revoked = np.flatnonzero(history.revoked < timeline.months)
    return [
        _block(rows, timeline.days_within(months[rows], rng), event=event)
        for rows, months, event in (
            (ended[~away], history.ended, DEREGISTRATION),
            (ended[away], history.ended, "迁出"),
            (revoked, history.revoked, "吊销"),
        )
    ]


def _described(city: City, register: Register) -> Columns:
    """The columns of the register; every row is the whole state after the event."""
    people, rows = city.people, register.enterprise
    address, person, area = register.address, register.person, people.area[rows]
    latitude, longitude = coordinates(area, address)
    industry = people.industry[rows]
    capital = people.capital[rows] * 1.5 ** _so_far(rows, register.item == "注册资本")
    return {
        ID_COLUMN: people.enterprise_id[rows],
        "注册号": people.registration_no[rows],
        "登记事项": register.event,
        "变更事项": register.item,
        "登记状态": text_of(register.event, _STATUS),
        "名称": enterprise_names(people, rows, version=register.version),
        "主体类型": text_of(people.entity_type[rows], ENTITY_ZH),
        "成立日期": people.established[rows],
        "注册资本（万元）": np.round(capital / 10_000, 4),
        "行业代码": np.array([entry.code for entry in INDUSTRIES])[industry],
        "行业名称": np.array([entry.zh for entry in INDUSTRIES])[industry],
        "辖区代码": area,
        "辖区": joined(words.CITY, text_of(area, words.AREAS)),
        "街路": streets(address),
        "门牌": house_numbers(address, shared=people.shared_addresses),
        "法定代表人": person_names(person),
        "证件号码": person_numbers(person),
        "纬度": latitude,
        "经度": longitude,
        "登记机关": bureau_of(area),
        "核准日期": register.day,
        "导出时状态": _status_today(city)[rows],
        KNOWN_COLUMN: register.known,
    }


def _status_today(city: City) -> Array:
    """The snapshot column that a mapping must not use: it knows the future of every row."""
    months = city.timeline.months
    status = np.where(city.history.revoked < months, "吊销", "在营")
    return np.where(city.history.ended < months, "注销", status)


def _so_far(groups: Array, happened: Array) -> Array:
    """How often it has happened in the group up to and including each row."""
    total = np.cumsum(happened)
    first = np.searchsorted(groups, groups, side="left")
    return np.asarray(total - total[first] + happened[first])


def _addresses(people: Population, events: Columns) -> Array:
    """Address number after each event: a new one of its own at every change."""
    rows = events["enterprise"]
    moved = events["item"] == _ADDRESS_ITEM
    fresh = people.shared_addresses + people.size + np.cumsum(moved) - 1
    return _carried(rows, moved, new=fresh, first=people.address[rows])


def _persons(people: Population, events: Columns) -> Array:
    """Legal representative after each event."""
    rows = events["enterprise"]
    changed = events["item"] == OWNER_ITEM
    return _carried(rows, changed, new=events["person"], first=people.owner[rows])


def _carried(groups: Array, changed: Array, *, new: Array, first: Array) -> Array:
    """The last new value in the group up to each row, else `first`."""
    position = np.where(changed, np.arange(len(groups)), -1)
    newest = np.maximum.accumulate(position)
    inside = newest >= np.searchsorted(groups, groups, side="left")
    return np.where(inside, new[newest], first)
