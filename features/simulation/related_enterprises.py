"""Shares that enterprises hold in each other, and branches with their parents."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, optional, stream
from features.simulation.city import City
from features.simulation.happenings import begun_and_ended, days_after, is_company, where_happens
from features.simulation.source_file import ID_COLUMN, SourceFile, finished

_SAME_OWNER_SHARE = 0.7  # of neighbours in the list of one owner's enterprises
_RANDOM_SHARE = 0.03  # links between strangers, per enterprise
_SOON_DAYS, _ENDED_SHARE, _ENDED_DAYS = (20, 900), 0.12, (300, 1_800)
_INVESTS, _IS_BRANCH = "对外投资", "分支机构"
_OTHER_SIDE = {_INVESTS: "股东", _IS_BRANCH: "隶属企业"}


@dataclass(frozen=True)
class _Links:
    """One row a link: `upper` invests in `lower`, or has it as a branch."""

    upper: Array
    lower: Array
    is_branch: Array


def related_enterprise_file(city: City) -> SourceFile:
    """Every link twice, once from each side, and again when it ends."""
    rng = stream(city.seed, "related enterprises")
    links = _links(city, rng)
    size = len(links.upper)
    begun = _beginnings(city, links, rng)
    off = days_after(begun, soonest=_ENDED_DAYS[0], latest=_ENDED_DAYS[1], rng=rng)
    ended = where_happens(off, (rng.random(size) < _ENDED_SHARE) & ~links.is_branch)
    share = optional(np.round(rng.uniform(5, 100, size)), ~links.is_branch)
    both, is_end = begun_and_ended(ended)
    downward = np.where(links.is_branch, _IS_BRANCH, _INVESTS)[both]
    upward = np.where(links.is_branch, _OTHER_SIDE[_IS_BRANCH], _OTHER_SIDE[_INVESTS])[both]
    codes = city.people.enterprise_id
    upper, lower = codes[links.upper[both]], codes[links.lower[both]]
    columns = {
        ID_COLUMN: np.concatenate([upper, lower]),
        "关联企业代码": np.concatenate([lower, upper]),
        "关系": np.concatenate([downward, upward]),
        "起止": np.tile(np.where(is_end, "终止", "开始"), 2),
        "持股比例（%）": np.tile(share[both], 2),
        "发生日期": np.tile(np.where(is_end, ended[both], begun[both]), 2),
    }
    return SourceFile(
        source="city_related_enterprises",
        name="模拟_股东与对外投资.csv",
        layout="csv",
        columns=finished(columns, "发生日期", timeline=city.timeline, rng=rng),
        event_column="发生日期",
        code_column="关系",
        required_column="关联企业代码",
        encoding="utf-8-sig",
    )


def _links(city: City, rng: np.random.Generator) -> _Links:
    """Branches have a parent; owners let one company hold another; some hold a stranger's."""
    kind, size = city.people.entity_type, city.people.size
    companies = np.flatnonzero(is_company(city))
    branches = np.flatnonzero(kind == "branch")
    older, younger = _neighbours(city)
    kept = (rng.random(len(older)) < _SAME_OWNER_SHARE) & is_company(city)[older]
    kept &= (kind[younger] != "individual_business") & (kind[younger] != "branch")
    count = max(2, round(_RANDOM_SHARE * size))
    parents, holders = rng.choice(companies, len(branches)), rng.choice(companies, count)
    held = rng.choice(companies, count)
    upper = np.concatenate([parents, older[kept], holders])
    lower = np.concatenate([branches, younger[kept], held])
    _, first = np.unique(
        np.minimum(upper, lower) * size + np.maximum(upper, lower), return_index=True
    )
    first = first[upper[first] != lower[first]]
    return _Links(upper[first], lower[first], first < len(branches))


def _neighbours(city: City) -> tuple[Array, Array]:
    """Pairs of enterprises of one owner, next to each other in the order of establishment."""
    people = city.people
    order = np.lexsort((people.established, people.owner))
    same = people.owner[order][1:] == people.owner[order][:-1]
    return order[:-1][same], order[1:][same]


def _beginnings(city: City, links: _Links, rng: np.random.Generator) -> Array:
    """A branch begins with its establishment, a holding some time after both exist."""
    established = city.people.established
    both = np.maximum(established[links.upper], established[links.lower])
    later = days_after(both, soonest=_SOON_DAYS[0], latest=_SOON_DAYS[1], rng=rng)
    return np.where(links.is_branch, both, later)
