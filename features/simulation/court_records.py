"""What courts share: judgment defaults, and equity that they freeze."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, Columns, joined, stream
from features.simulation.city import City
from features.simulation.happenings import (
    Happenings,
    amounts,
    begun_and_ended,
    days_after,
    is_company,
    size_factor,
    where_happens,
)
from features.simulation.naming import court_of
from features.simulation.source_file import (
    ID_COLUMN,
    KNOWN_COLUMN,
    SourceFile,
    finished,
    years_of,
)

_DEFAULTS_A_YEAR, _DEFAULTS_BY_RISK = 0.012, 0.8
_REMOVED_SHARE, _REMOVED_DAYS = 0.55, (60, 900)
_FREEZES_A_YEAR, _FREEZES_BY_RISK = 0.006, 0.6  # besides those that follow a default
_FROZEN_AFTER_DEFAULT, _FROZEN_DAYS = 0.45, (5, 120)
_UNFROZEN_SHARE, _TRANSFERRED_SHARE = 0.5, 0.06
_UNFROZEN_DAYS = (90, 1_000)
_SHARED_DAYS = (3, 45)  # courts hand over what they decided some weeks ago


@dataclass(frozen=True)
class Defaults:
    """One row a listing; `removed` is NaT while still listed."""

    enterprise: Array
    day: Array
    removed: Array
    case_no: Array
    amount: Array  # ten thousand yuan


def describe(city: City, happenings: Happenings) -> Defaults:
    """Who does not do what a judgment orders; the risky much more often."""
    rng = stream(city.seed, "judgment defaults")
    a_year = _DEFAULTS_A_YEAR * (city.people.entity_type != "branch")
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_DEFAULTS_BY_RISK)
    day = city.timeline.days_within(months, rng)
    off = days_after(day, soonest=_REMOVED_DAYS[0], latest=_REMOVED_DAYS[1], rng=rng)
    return Defaults(
        enterprise=rows,
        day=day,
        removed=where_happens(off, rng.random(len(rows)) < _REMOVED_SHARE),
        case_no=_document("执模", day, rng=rng),
        amount=amounts(city.people.capital[rows] * 0.3, spread=0.9, rng=rng),
    )


def judgment_default_file(city: City, defaults: Defaults) -> SourceFile:
    """Listings and removals."""
    rng = stream(city.seed, "judgment default ledger")
    both, is_end = begun_and_ended(defaults.removed)
    rows = defaults.enterprise[both]
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "执行案号": defaults.case_no[both],
        "列入或删除": np.where(is_end, "删除", "列入"),
        "执行法院": court_of(city.people.area[rows]),
        "执行标的（万元）": defaults.amount[both],
        "列入或删除日期": np.where(is_end, defaults.removed[both], defaults.day[both]),
    }
    return SourceFile(
        source="city_judgment_defaults",
        name="模拟_失信被执行人.csv",
        layout="csv",
        columns=_shared(columns, "列入或删除日期", city=city, rng=rng),
        event_column="列入或删除日期",
        code_column="列入或删除",
        required_column="执行案号",
        encoding="gb18030",
    )


def judicial_assistance_file(city: City, happenings: Happenings, defaults: Defaults) -> SourceFile:
    """Freezes of equity, and the unfreezing or forced transfer that ends some of them."""
    rng = stream(city.seed, "judicial assistance")
    rows, day = _frozen(city, happenings, defaults=defaults, rng=rng)
    ends = rng.random(len(rows))
    off = days_after(day, soonest=_UNFROZEN_DAYS[0], latest=_UNFROZEN_DAYS[1], rng=rng)
    ended = where_happens(off, ends < _UNFROZEN_SHARE + _TRANSFERRED_SHARE)
    ending = np.where(ends < _UNFROZEN_SHARE, "解除冻结", "强制转让")
    first = _document("执裁模", day, rng=rng)
    amount = amounts(city.people.capital[rows] * 0.4, spread=0.5, rng=rng)
    both, is_end = begun_and_ended(ended)
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows[both]],
        "执行文书文号": np.where(is_end, joined(first[both], "之二"), first[both]),
        "协助事项": np.where(is_end, ending[both], "股权冻结"),
        "原冻结文书文号": np.where(is_end, first[both], ""),
        "冻结股权数额（万元）": np.minimum(amount, city.people.capital[rows] / 10_000)[both],
        "执行法院": court_of(city.people.area[rows[both]]),
        "协助执行日期": np.where(is_end, ended[both], day[both]),
    }
    return SourceFile(
        source="city_judicial_assistance",
        name="模拟_司法协助.csv",
        layout="csv",
        columns=_shared(columns, "协助执行日期", city=city, rng=rng),
        event_column="协助执行日期",
        code_column="协助事项",
        required_column="执行文书文号",
        encoding="utf-8",
    )


def _frozen(
    city: City, happenings: Happenings, *, defaults: Defaults, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Companies and days: after a default, or to secure a claim that is still in court."""
    company = is_company(city)
    follows = np.flatnonzero(
        company[defaults.enterprise] & (rng.random(len(defaults.day)) < _FROZEN_AFTER_DEFAULT)
    )
    after = days_after(
        defaults.day[follows], soonest=_FROZEN_DAYS[0], latest=_FROZEN_DAYS[1], rng=rng
    )
    a_year = _FREEZES_A_YEAR * company * size_factor(city, power=0.25)
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_FREEZES_BY_RISK)
    return (
        np.concatenate([defaults.enterprise[follows], rows]),
        np.concatenate([after, city.timeline.days_within(months, rng)]),
    )


def _document(kind: str, day: Array, *, rng: np.random.Generator) -> Array:
    """Numbers of court documents such as （2024）粤05执模00123号."""
    serial = (rng.permutation(len(day)) + 1).astype(np.str_)
    return joined("（", years_of(day).astype(np.str_), "）粤05", kind, serial, "号")


def _shared(
    columns: Columns, event_column: str, *, city: City, rng: np.random.Generator
) -> Columns:
    """Collected some days to weeks after the event, when the court hands its records over."""
    known = days_after(
        columns[event_column], soonest=_SHARED_DAYS[0], latest=_SHARED_DAYS[1], rng=rng
    )
    return finished({**columns, KNOWN_COLUMN: known}, event_column, timeline=city.timeline, rng=rng)
