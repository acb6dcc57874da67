"""Shares that a round must reach or may not pass, judged before a plan is approved.

References
----------
国市监信〔2019〕38号 二(一): the ratio of general items is strictly limited, key items have no upper
limit. 企业公示信息抽查办法 art. 4: 3 % of enterprises a year. Parameters
``double_random.general_item_ceiling_per_mille``,
``double_random.public_information_minimum_per_mille``, ``double_random.uniform_share_per_mille``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from features.messages import Message
from scoring.double_random.documents import Plan, PlannedStratum
from scoring.double_random.strata import PER_MILLE, total_visits, visits_at, visits_in
from scoring.double_random.tables import listed

# What the rule on published information calls its checks (企业公示信息抽查).
_PUBLIC_INFORMATION = "公示信息"
_SHOWN = 5


@dataclass(frozen=True)
class ShareRules:
    """Whole numbers per mille; `ceiling` of general items is None where none is published."""

    public_information_minimum: int
    uniform_share: int
    ceiling: int | None


def find_departures(
    plan: Plan, rules: ShareRules, *, general: Collection[str], visits_elsewhere: int
) -> list[Message]:
    """What of a plan departs from the shares, each with strata, values and remedy; none if nothing.

    `general` are the plan's general items (一般检查事项). `visits_elsewhere` are visits for
    published information in the year's other approved rounds.
    """
    return [
        *_above_ceiling(plan, rules, general=general),
        *_below_minimum(plan, rules, visits_elsewhere=visits_elsewhere),
        *_below_uniform(plan, rules),
    ]


def public_information_visits(plan: Plan) -> int:
    """Visits that check published information; an item does whose name says so (公示信息)."""
    return max((_visits_for(plan, item) for item in _public_items(plan)), default=0)


def uniform_share(plan: Plan) -> int:
    """Share of the visits, per mille and rounded down, that reaches every enterprise alike."""
    visits = total_visits(plan.strata)
    if not visits:
        return 0
    total = sum(one.population for one in plan.strata)
    return int(PER_MILLE * total * _share(_least_drawn(plan)) / visits)


def _above_ceiling(plan: Plan, rules: ShareRules, *, general: Collection[str]) -> list[Message]:
    ceiling = rules.ceiling
    if ceiling is None:
        return []
    found = []
    for item in (one for one in plan.items if one in general):
        visits, objects = _visits_for(plan, item), _objects_of(plan, item)
        if visits * PER_MILLE > ceiling * objects:
            strata = [
                (one, Fraction(_visits_at(one, item), one.population)) for one in _with(plan, item)
            ]
            above = sorted(
                (pair for pair in strata if pair[1] * PER_MILLE > ceiling),
                key=lambda pair: (-pair[1], pair[0].stratum),
            )
            named = _named(above)
            found.append(
                Message(
                    f"一般检查事项「{item}」抽取 {visits}/{objects} 户，高于上限 {ceiling}‰；"
                    f"高于上限的层：{named}。请降低其比例（--ratio、items.csv）",
                    f"general item {item!r} draws {visits} of {objects}, above the ceiling of"
                    f" {ceiling} per mille; strata above it: {named}. Lower their ratios (--ratio,"
                    " items.csv)",
                )
            )
    return found


def _below_minimum(plan: Plan, rules: ShareRules, *, visits_elsewhere: int) -> list[Message]:
    items = _public_items(plan)
    least = -(-rules.public_information_minimum * plan.library_size // PER_MILLE)
    own = public_information_visits(plan)
    if not items or own + visits_elsewhere >= least:
        return []
    below = [
        (one, Fraction(_visits_at(one, item), one.population))
        for item in items
        for one in _with(plan, item)
    ]
    below = [pair for pair in below if pair[1] * PER_MILLE < rules.public_information_minimum]
    named = _named(sorted(below, key=lambda pair: (-pair[0].population, pair[0].stratum)))
    share = rules.public_information_minimum
    return [
        Message(
            f"公示信息抽查本轮 {own} 户、本年其他已批准轮次 {visits_elsewhere} 户，低于最低比例"
            f" {share}‰（{least} 户）；低于该比例的层：{named}。请提高其比例，或先批准其他轮次",
            f"checks of published information: {own} here and {visits_elsewhere} in other approved"
            f" rounds of the year, below {share} per mille ({least}); strata below it: {named}."
            " Raise their ratios, or approve other rounds first",
        )
    ]


def _below_uniform(plan: Plan, rules: ShareRules) -> list[Message]:
    found = uniform_share(plan)
    if not total_visits(plan.strata) or found >= rules.uniform_share:
        return []
    least = _least_drawn(plan)
    named = _named([(least, _share(least))])
    return [
        Message(
            f"均匀抽取份额 {found}‰，低于 {rules.uniform_share}‰；最低的层：{named}。"
            "请按现行参数重新制定方案（campaign plan）",
            f"the uniform share is {found} per mille, below {rules.uniform_share}; least drawn:"
            f" {named}. Plan again by the parameters in force (campaign plan)",
        )
    ]


def _public_items(plan: Plan) -> list[str]:
    return [item for item in plan.items if _PUBLIC_INFORMATION in item]


def _with(plan: Plan, item: str) -> list[PlannedStratum]:
    return [one for one in plan.strata if item in one.item_ratios and one.population]


def _visits_at(stratum: PlannedStratum, item: str) -> int:
    ratio = stratum.item_ratios[item]
    return visits_at(ratio, floor=stratum.floor, population=stratum.population)


def _visits_for(plan: Plan, item: str) -> int:
    return sum(_visits_at(one, item) for one in _with(plan, item))


def _objects_of(plan: Plan, item: str) -> int:
    return sum(one.population for one in _with(plan, item))


def _share(stratum: PlannedStratum) -> Fraction:
    return Fraction(visits_in(stratum), stratum.population)


def _least_drawn(plan: Plan) -> PlannedStratum:
    return min((one for one in plan.strata if one.population), key=_share)


def _named(strata: Sequence[tuple[PlannedStratum, Fraction]]) -> str:
    told = [f"{one.stratum} {float(PER_MILLE * share):.1f}‰" for one, share in strata]
    return listed(told, shown=_SHOWN)
