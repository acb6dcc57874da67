"""Complaints that came without a credit code: which enterprise is meant must be found out.

The file brings no credit codes. Who is meant stands in the truth: null where nobody with a licence
is.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.simulation import words
from features.simulation.arrays import (
    Array,
    Columns,
    joined,
    optional,
    sigmoid,
    stacked,
    stream,
    take,
)
from features.simulation.city import City
from features.simulation.happenings import Happenings, days_after
from features.simulation.industries import INDUSTRIES
from features.simulation.matters import matter_of, matter_zh
from features.simulation.name_variants import address_as_told, varied
from features.simulation.naming import enterprise_names, house_numbers, streets, text_of
from features.simulation.registrations import NAME_ITEM, Register
from features.simulation.source_file import (
    ID_COLUMN,
    KNOWN_COLUMN,
    MARK_COLUMN,
    finished,
    numbered,
    years_of,
)

NAME = "模拟_12315无代码投诉.csv"
FIRST_ROW = 2  # as a spreadsheet counts: the header is row 1
_A_YEAR, _BY_RISK, _FEWEST = 0.018, 0.5, 30
_RENAMED_SHARE, _RENAMED_DAYS = 0.5, (10, 500)
_UNLICENSED_PER_ROW, _FEWEST_UNLICENSED = 0.3, 10
_AT_A_KNOWN_ADDRESS = 0.25  # of the unlicensed: somebody with a licence is registered there
_WITH_NUMBER_SHARE, _PENDING_SHARE = 0.18, 0.06
_TRUE, _TRUE_BY_RISK, _TRUE_UNLICENSED = -0.5, 0.6, 0.7
_STALLS = (
    "无名烧烤摊",
    "流动早餐车",
    "无牌小作坊",
    "路边水果摊",
    "家庭式美容室",
    "地下加工点",
    "黑网吧",
    "散装酒摊",
)
_NOBODY = -1


@dataclass(frozen=True)
class Unidentified:
    """The file's columns, and for each row who is meant and how the name was changed."""

    columns: Columns
    truth: pa.Table


def unidentified_rows(city: City, happenings: Happenings, register: Register) -> Unidentified:
    """The ledger of complaints without codes, as the street offices pass it on."""
    rng = stream(city.seed, "unidentified")
    blocks = [
        _of_enterprises(city, happenings, register, rng=rng),
        _of_renamed(city, happenings, register, rng=rng),
    ]
    known = sum(len(block["day"]) for block in blocks)
    rows = stacked([*blocks, _unlicensed(city, register, known, rng=rng)])
    size, is_known = len(rows["day"]), rows["enterprise"] != _NOBODY
    enterprise = np.where(is_known, rows["enterprise"], 0)
    told = address_as_told(rows["area"], rows["street"], rows["house"], rng=rng)
    has_number = is_known & (rng.random(size) < _WITH_NUMBER_SHARE)
    pending = rng.random(size) < _PENDING_SHARE
    matter = matter_of(city.people, enterprise, holders=city.holders, rng=rng)
    columns = {
        ID_COLUMN: np.where(is_known, city.people.enterprise_id[enterprise], ""),
        "variants": rows["variants"],
        "登记编号": numbered("模代", years_of(rows["day"]), rng=rng),
        "被投诉单位": rows["name"],
        "注册号": np.where(has_number, city.people.registration_no[enterprise], ""),
        "地址": told,
        "接收日期": rows["day"],
        KNOWN_COLUMN: days_after(rows["day"], soonest=1, latest=20, rng=rng),
        "类别": np.where(is_known, matter_zh(matter), "登记注册"),
        "是否属实": optional(_verified(happenings, rows, rng), ~pending),
    }
    return _told_apart(finished(columns, "接收日期", timeline=city.timeline, rng=rng))


def _told_apart(columns: Columns) -> Unidentified:
    """What goes into the file, and what only the truth knows."""
    ids, variants = columns[ID_COLUMN], columns["variants"]
    hidden = (ID_COLUMN, "variants", MARK_COLUMN)
    truth = pa.table(
        {
            "file": pa.repeat(NAME, len(ids)),
            "row_no": pa.array(np.arange(len(ids), dtype=np.int64) + FIRST_ROW),
            "enterprise_id": pa.array(optional(ids, ids != ""), pa.string()),
            "variants": pa.array(variants, pa.string()),
        }
    )
    return Unidentified(
        columns={name: values for name, values in columns.items() if name not in hidden},
        truth=truth,
    )


def _of_enterprises(
    city: City, happenings: Happenings, register: Register, *, rng: np.random.Generator
) -> Columns:
    """Complaints of enterprises under the name of the day, more or less as registered."""
    months, rows = happenings.draw(_A_YEAR, rng=rng, by_risk=_BY_RISK, fewest=_FEWEST)
    day = city.timeline.days_within(months, rng)
    state = register.row_on(rows, day)
    name, variants = varied(
        enterprise_names(city.people, rows, version=register.version[state]), rng
    )
    return _block(city, rows, register.address[state], day=day, name=name, variants=variants)


def _of_renamed(
    city: City, happenings: Happenings, register: Register, *, rng: np.random.Generator
) -> Columns:
    """Complaints that still use the name from before a change of name."""
    events = np.flatnonzero(register.item == NAME_ITEM)
    events = events[rng.random(len(events)) < _RENAMED_SHARE]
    day = days_after(
        register.day[events], soonest=_RENAMED_DAYS[0], latest=_RENAMED_DAYS[1], rng=rng
    )
    open_then = happenings.in_business(register.enterprise[events], day)
    events, day = events[open_then], day[open_then]
    rows = register.enterprise[events]
    state = register.row_on(rows, day)
    old = enterprise_names(city.people, rows, version=register.version[events] - 1)
    name, variants = varied(old, rng)
    variants = np.strings.rstrip(joined("old_name;", variants), ";")
    return _block(city, rows, register.address[state], day=day, name=name, variants=variants)


def _unlicensed(city: City, register: Register, known: int, *, rng: np.random.Generator) -> Columns:
    """Places without a licence: stalls, and names that look like an enterprise's but are none."""
    size = max(_FEWEST_UNLICENSED, round(_UNLICENSED_PER_ROW * known))
    characters, trades = np.array(list(words.BRAND_CHARACTERS)), [one.word for one in INDUSTRIES]
    parts = [characters[rng.integers(0, len(characters), size)] for _ in range(3)]
    stall = joined(np.array(_STALLS)[rng.integers(0, len(_STALLS), size)], words.MARK)
    shop = joined(words.MARK, *parts, np.array(trades)[rng.integers(0, len(trades), size)])
    somebody = rng.integers(0, city.people.size, size)
    beside = rng.random(size) < _AT_A_KNOWN_ADDRESS
    fresh = int(register.address.max()) + 1 + np.arange(size)
    address = np.where(beside, city.people.address[somebody], fresh)
    months = rng.integers(0, city.timeline.months, size)
    name = np.where(rng.random(size) < 0.6, stall, shop)
    block = _block(
        city,
        somebody,
        address,
        day=city.timeline.days_within(months, rng),
        name=name,
        variants=np.full(size, "unlicensed"),
    )
    block["enterprise"] = np.full(size, _NOBODY)
    return take(block, ~_is_taken(city, register, name))


def _is_taken(city: City, register: Register, names: Array) -> Array:
    """Whether a name without place is part of one that was ever registered."""
    registered = enterprise_names(city.people, register.enterprise, version=register.version)
    tail = np.strings.partition(registered, words.MARK)[2]
    shop = np.strings.partition(names, words.MARK)[2]
    bare = np.strings.replace(np.strings.replace(tail, "有限公司", ""), "经营部", "")
    return np.asarray(np.isin(shop, bare) & (shop != ""))


def _block(
    city: City, rows: Array, address: Array, *, day: Array, name: Array, variants: Array
) -> Columns:
    return {
        "enterprise": rows,
        "day": day,
        "name": name,
        "variants": variants,
        "area": text_of(city.people.area[rows], words.AREAS),
        "street": streets(address),
        "house": house_numbers(address, shared=city.people.shared_addresses),
    }


def _verified(happenings: Happenings, rows: Columns, rng: np.random.Generator) -> Array:
    known = rows["enterprise"] != _NOBODY
    risk = happenings.risk_on(np.where(known, rows["enterprise"], 0), rows["day"])
    chance = np.where(known, sigmoid(_TRUE + _TRUE_BY_RISK * risk), _TRUE_UNLICENSED)
    return np.where(rng.random(len(known)) < chance, "属实", "不属实")
