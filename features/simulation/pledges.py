"""Equity pledges and chattel mortgages: what the registration system exports of who owes."""

import numpy as np

from features.simulation.arrays import Array, Columns, joined, stream
from features.simulation.city import City
from features.simulation.happenings import (
    Happenings,
    amounts,
    begun_and_ended,
    by_group,
    days_after,
    is_company,
    size_factor,
    where_happens,
)
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_PLEDGED_A_YEAR, _PLEDGED_BY_RISK = 0.028, 0.35
_MORTGAGED_A_YEAR = {
    "manufacturing": 0.060,
    "food_production": 0.050,
    "equipment_trade": 0.060,
    "construction": 0.050,
    "transport": 0.050,
    "wholesale": 0.025,
}
_MORTGAGED_OTHERWISE, _MORTGAGED_BY_RISK = 0.008, 0.25
_ENDED_SHARE, _ANNULLED_SHARE = 0.75, 0.03
_TERM_DAYS = (180, 1_300)
_LENDERS = ("汕头模拟银行", "潮汕模拟农商银行", "粤东模拟融资担保有限公司", "韩江模拟小额贷款公司")


def equity_pledge_file(city: City, happenings: Happenings) -> SourceFile:
    """Pledges of equity: companies that need money, the larger and the riskier more often."""
    rng = stream(city.seed, "equity pledges")
    a_year = _PLEDGED_A_YEAR * is_company(city) * size_factor(city, power=0.2)
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_PLEDGED_BY_RISK)
    amount = city.people.capital[rows] * rng.uniform(0.1, 0.8, len(rows))
    lender = joined(np.array(_LENDERS)[rng.integers(0, len(_LENDERS), len(rows))], "（模拟）")
    columns = _ledger(
        city,
        rows,
        day=city.timeline.days_within(months, rng),
        values={"出质股权数额（万元）": amounts(amount, spread=0.0, rng=rng), "质权人": lender},
        prefix="模质",
        rng=rng,
    )
    return SourceFile(
        source="city_equity_pledges",
        name="模拟_股权出质登记.xlsx",
        layout="excel",
        columns=finished(columns, "登记日期", timeline=city.timeline, rng=rng),
        event_column="登记日期",
        code_column="登记事项",
        required_column="登记编号",
        totalled_column="出质股权数额（万元）",
        sheet="股权出质",
        preamble=("登记系统导出（模拟 SIMULATED）", ""),
    )


def chattel_mortgage_file(city: City, happenings: Happenings) -> SourceFile:
    """Mortgages of movables: trades with machines and stocks."""
    rng = stream(city.seed, "chattel mortgages")
    a_year = by_group(city, _MORTGAGED_A_YEAR, otherwise=_MORTGAGED_OTHERWISE)
    a_year *= size_factor(city, power=0.3)
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_MORTGAGED_BY_RISK)
    debt = amounts(city.people.capital[rows] * 0.6, spread=0.7, rng=rng)
    columns = _ledger(
        city,
        rows,
        day=city.timeline.days_within(months, rng),
        values={"被担保债权数额（万元）": debt},
        prefix="模抵",
        rng=rng,
    )
    return SourceFile(
        source="city_chattel_mortgages",
        name="模拟_动产抵押登记.csv",
        layout="csv",
        columns=finished(columns, "登记日期", timeline=city.timeline, rng=rng),
        event_column="登记日期",
        code_column="登记事项",
        required_column="登记编号",
        totalled_column="被担保债权数额（万元）",
        encoding="utf-8-sig",
    )


def _ledger(
    city: City,
    rows: Array,
    *,
    day: Array,
    values: Columns,
    prefix: str,
    rng: np.random.Generator,
) -> Columns:
    """A row when it is registered, and one when it is cancelled (a pledge may be annulled)."""
    off = days_after(day, soonest=_TERM_DAYS[0], latest=_TERM_DAYS[1], rng=rng)
    ended = where_happens(off, rng.random(len(rows)) < _ENDED_SHARE)
    number = numbered(prefix, years_of(day), rng=rng)
    annulled = (rng.random(len(rows)) < _ANNULLED_SHARE) & (prefix == "模质")
    ending = np.where(annulled, "撤销登记", "注销登记")
    both, is_end = begun_and_ended(ended)
    return {
        ID_COLUMN: city.people.enterprise_id[rows][both],
        "登记编号": number[both],
        "登记事项": np.where(is_end, ending[both], "设立登记"),
        **{name: value[both] for name, value in values.items()},
        "登记日期": np.where(is_end, ended[both], day[both]),
    }
