"""The arithmetic between aggregates: each rule once, with its words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import Any

import ibis

from features.indicators.measures import WEIGHT_UNIT
from features.indicators.moment import Moment
from features.indicators.windows import months_between

Compute = Callable[[Sequence[Any], Sequence[Any], Moment], Any]


@dataclass(frozen=True)
class Rule:
    """How values become one value.

    `keeps_zero`: zeros (no record) give zero. `gives_zero`: so do unknown values.
    """

    compute: Compute
    zh: str
    en: str
    keeps_zero: bool = False
    gives_zero: bool = False


def _as_number(condition: Any) -> Any:
    # Null in, null out: an unknown fact is neither true nor false.
    return ibis.cases((condition.isnull(), None), (condition, 1), else_=0)


def _number(value: Any) -> Any:
    return value.cast("float64")


def _flag(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return (values[0] > 0).ifelse(1, 0)


def _log1p(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    # Register errors such as negative capital count as nothing. Not `greatest`: it drops nulls.
    value = _number(values[0])
    return ibis.cases((value.isnull(), None), (value > 0.0, (value + 1.0).ln()), else_=0.0)


def _share(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return _number(values[0]) / _number(values[1]).nullif(0.0)


def _peer_ratio(values: Sequence[Any], parameters: Sequence[Any], _: Moment) -> Any:
    part, whole, all_parts, all_wholes = (_number(value) for value in values)
    weight = float(parameters[0])
    return (part + weight * (all_parts / all_wholes.nullif(0.0))) / (whole + weight)


def _surroundings_ratio(values: Sequence[Any], parameters: Sequence[Any], now: Moment) -> Any:
    # Parts of every cell, then wholes of every cell, as weights; the counts of the district; then
    # those of everybody, which alone count where the district is unknown.
    *sums, area_part, area_whole, all_parts, all_wholes = (_number(value) for value in values)
    cells = len(sums) // 2
    part, whole = (reduce(add, of) / (cells * WEIGHT_UNIT) for of in (sums[:cells], sums[cells:]))
    weight, area_weight = parameters
    of_area = [area_part.fill_null(0.0), area_whole.fill_null(0.0), all_parts, all_wholes]
    prior = _peer_ratio(of_area, (area_weight,), now)
    return (part + float(weight) * prior) / (whole + float(weight))


def _shrunk_ratio(values: Sequence[Any], parameters: Sequence[Any], now: Moment) -> Any:
    return (values[1] > 0).ifelse(_peer_ratio(values, parameters, now), None)


def _difference(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return _number(values[0]) - _number(values[1])


def _plus(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return values[0] + values[1]


def _greater(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    # One that is unknown does not hide the other.
    first, second = values
    return (first.isnull() | (second > first)).ifelse(second, first)


def _or_zero(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return ibis.coalesce(values[0], 0)


def _if_archived(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return (values[1] > 0).ifelse(values[0], None)


def _first_known(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return ibis.coalesce(*values)


def _check_overdue(values: Sequence[Any], _: Sequence[Any], now: Moment) -> Any:
    recent, age, licences = values
    months = now.food.full_check_months
    if months is None:
        return ibis.null("int64")
    unknown = (licences == 0) | age.isnull()
    return ibis.cases((unknown, None), ((recent > 0) | (age < months), 0), else_=1)


def _relative_change(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return _number(values[0]) / _number(values[1]).nullif(0.0) - 1.0


def _is_among(values: Sequence[Any], codes: Sequence[Any], _: Moment) -> Any:
    return _as_number(values[0].isin(tuple(codes)))


def _is_unknown(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return values[0].isnull().ifelse(1, 0)


def _starts_with(values: Sequence[Any], prefixes: Sequence[Any], _: Moment) -> Any:
    return _as_number(has_prefix(values[0], prefixes))


def _in_sector(values: Sequence[Any], parameters: Sequence[Any], now: Moment) -> Any:
    return _as_number(has_prefix(values[0], now.sector_industries.get(parameters[0], ())))


def has_prefix(code: Any, prefixes: Sequence[str]) -> Any:
    """Whether `code` (Ibis, text) begins with one of `prefixes`; null stays null."""
    lengths = sorted({len(prefix) for prefix in prefixes})
    tests = [
        code.substr(0, length).isin([prefix for prefix in prefixes if len(prefix) == length])
        for length in lengths
    ]
    return reduce(or_, tests) if tests else (code != code)


def _months_since(values: Sequence[Any], _: Sequence[Any], now: Moment) -> Any:
    return months_between(ibis.coalesce(*values), now.as_of)


def _prefix(values: Sequence[Any], parameters: Sequence[Any], _: Moment) -> Any:
    return values[0].substr(0, int(parameters[0]))


def _joined(values: Sequence[Any], _: Sequence[Any], __: Moment) -> Any:
    return reduce(lambda left, right: left + "|" + right, values)


def _map_cell(values: Sequence[Any], parameters: Sequence[Any], now: Moment) -> Any:
    a_degree, *halves = (int(parameter) for parameter in parameters)
    shifted = [
        value * a_degree + half / 2 for value, half in zip(values, halves or (0, 0), strict=True)
    ]
    return _joined([value.floor().cast("int64").cast("string") for value in shifted], (), now)


def _reports_missing(values: Sequence[Any], parameters: Sequence[Any], now: Moment) -> Any:
    sent, established, archived = values
    if now.last_due_year is None:
        return ibis.null("int64")
    years = now.last_due_year + 2 - now.first_report_after - established.year()
    owed = (years > int(parameters[0])).ifelse(int(parameters[0]), years)
    missing = (owed > sent).ifelse(owed - sent, 0)
    # Owing nothing yet, or an archive without anybody's reports, is not the same as missing none.
    return ((owed > 0) & (archived > 0)).ifelse(missing, None)


RULES: Mapping[str, Rule] = {
    "flag": Rule(_flag, "有无（1 或 0）：{0}", "1 if any, else 0: {0}", keeps_zero=True),
    "log1p": Rule(_log1p, "ln(1+x)，x 为{0}", "ln(1+x), x: {0}", keeps_zero=True),
    "share": Rule(_share, "[{0}] ÷ [{1}]", "[{0}] ÷ [{1}]"),
    "shrunk_ratio": Rule(
        _shrunk_ratio,
        "[{0}] ÷ [{1}]，以 {parameters} 次虚拟记录向全体比率收缩",
        "[{0}] ÷ [{1}], drawn to the overall ratio by {parameters} pseudo-records",
    ),
    "peer_ratio": Rule(
        _peer_ratio,
        "[{0}] ÷ [{1}]，以 {parameters} 次虚拟记录向全体比率收缩",
        "[{0}] ÷ [{1}], drawn to the overall ratio by {parameters} pseudo-records",
    ),
    "surroundings_ratio": Rule(
        _surroundings_ratio,
        "周边四个交错网格 [{0}] ÷ [{4}]，先向同辖区、再向全体比率收缩（虚拟记录数 {parameters}）",
        "[{0}] ÷ [{4}] over four staggered cells, drawn to the ratio of the district, and that to"
        " the overall one (pseudo-records: {parameters})",
    ),
    "others": Rule(_difference, "{0}，本主体除外", "{0}, except itself"),
    "difference": Rule(_difference, "[{0}] 减 [{1}]", "[{0}] minus [{1}]"),
    "plus": Rule(_plus, "[{0}] 加 [{1}]", "[{0}] plus [{1}]", keeps_zero=True),
    "greater": Rule(_greater, "[{0}] 与 [{1}] 中大（晚）者", "the greater of [{0}] and [{1}]"),
    "or_zero": Rule(_or_zero, "{0}（无则记 0）", "{0} (0 if none)", gives_zero=True),
    "if_archived": Rule(_if_archived, "{0}（[{1}] 为 0 时记空）", "{0} (empty where [{1}] is 0)"),
    "first_known": Rule(_first_known, "{0}（无则{1}）", "{0} (else {1})"),
    "check_overdue": Rule(
        _check_overdue,
        "法定期限内没有检查（[{0}] 为 0，且 [{1}] 已满期限；1 或 0；[{2}] 为 0 时记空）",
        "1 if not checked within the legal term: [{0}] is 0 and [{1}] has reached the term; empty"
        " where [{2}] is 0",
    ),
    "relative_change": Rule(_relative_change, "[{0}] ÷ [{1}] − 1", "[{0}] ÷ [{1}] − 1"),
    "is_among": Rule(_is_among, "{0}为 {parameters}（1 或 0）", "1 if {0} is {parameters}"),
    "is_unknown": Rule(_is_unknown, "{0}不详（1 或 0）", "1 if unknown: {0}"),
    "starts_with": Rule(
        _starts_with, "{0}以 {parameters} 开头（1 或 0）", "1 if {0} begins with {parameters}"
    ),
    "in_sector": Rule(
        _in_sector,
        "{0}属于 {parameters} 领域（1 或 0）",
        "1 if {0} belongs to the sector {parameters}",
    ),
    "months_since": Rule(
        _months_since,
        "自{0}（无则{1}）起的整月数",
        "complete months since {0} (else {1})",
    ),
    "months_since_one": Rule(_months_since, "自{0}起的整月数", "complete months since {0}"),
    "prefix": Rule(_prefix, "{0}前 {parameters} 位", "first {parameters} digits of {0}"),
    "joined": Rule(_joined, "{0}与{1}", "{0} and {1}"),
    "map_cell": Rule(_map_cell, "{0}、{1}的网格", "cell of {0}, {1}"),
    "reports_missing": Rule(
        _reports_missing,
        "最近 {parameters} 个应报年度中未报送年度报告的年数（成立当年起算，已报：{0}）",
        "years without an annual report among the last {parameters} due, from the year of"
        " establishment on (received: {0})",
    ),
}
