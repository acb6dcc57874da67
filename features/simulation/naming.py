"""Names, addresses and persons. Every name carries the mark （模拟）; no number is a real one."""

import numpy as np

from features.simulation import words
from features.simulation.arrays import Array, joined, padded
from features.simulation.industries import INDUSTRIES
from features.simulation.population import Population

ENTITY_ZH = {
    "company": "有限责任公司",
    "branch": "分公司",
    "partnership": "合伙企业",
    "sole_proprietorship": "个人独资企业",
    "individual_business": "个体工商户",
    "farmers_cooperative": "农民专业合作社",
}
_SUFFIXES = {
    "company": "有限公司",
    "branch": "有限公司汕头分公司",
    "partnership": "（有限合伙）",
    "sole_proprietorship": "经营部",
    "individual_business": "",
    "farmers_cooperative": "专业合作社",
}


def enterprise_names(people: Population, rows: Array, *, version: Array) -> Array:
    """Names of the enterprises at `rows`, `version` counting how often they were changed."""
    characters = np.array(list(words.BRAND_CHARACTERS))
    value = people.brand[rows] + 7919 * version
    size = len(characters)
    brand = joined(characters[value % size], characters[value // size % size])
    rest = value // size**2
    third = np.where(rest % 3 == 0, characters[rest // 3 % size], "")
    trade = np.array([entry.word for entry in INDUSTRIES])[people.industry[rows]]
    suffix = text_of(people.entity_type[rows], _SUFFIXES)
    individual = people.entity_type[rows] == "individual_business"
    head = np.where(individual, text_of(people.area[rows], words.AREAS), words.CITY)
    return joined(head, words.MARK, brand, third, trade, suffix)


def streets(addresses: Array) -> Array:
    """Street of each address number."""
    return np.asarray(np.array(words.STREETS)[addresses % len(words.STREETS)])


def house_numbers(addresses: Array, *, shared: int) -> Array:
    """House number of each address number; shared ones say that they host registrations."""
    note = np.where(addresses < shared, "（集群注册）", "")
    return joined("模拟", (addresses + 1).astype(np.str_), "号", note)


def coordinates(areas: Array, addresses: Array) -> tuple[Array, Array]:
    """Latitude and longitude near the district's centre, the same for the same address."""
    centres = np.array(list(words.AREA_CENTRES.values()))
    known = np.array(list(words.AREA_CENTRES))
    place = centres[np.searchsorted(known, areas)]
    angle = addresses * 2.399963  # golden angle: an even disc without random numbers
    radius = 0.045 * np.sqrt(addresses * 0.754877666 % 1.0)
    return (
        np.round(place[:, 0] + radius * np.sin(angle), 6),
        np.round(place[:, 1] + radius * np.cos(angle), 6),
    )


def person_names(persons: Array) -> Array:
    """Names of persons by number."""
    surnames, given = np.array(list(words.SURNAMES)), np.array(list(words.GIVEN_CHARACTERS))
    first = given[persons // len(surnames) % len(given)]
    second = np.where(persons % 7 == 0, "", given[persons // 3 % len(given)])
    return joined(surnames[persons % len(surnames)], first, second)


def person_numbers(persons: Array) -> Array:
    """Identity numbers that no one can hold: SIM and fifteen digits."""
    return joined("SIM", padded(persons + 440_500_000_000_000, 15))


def text_of(codes: Array, table: dict[str, str]) -> Array:
    """`table` per code."""
    known, positions = np.unique(codes, return_inverse=True)
    return np.array([table[str(code)] for code in known], dtype=np.str_)[positions]


def bureau_of(areas: Array) -> Array:
    """The district bureau that acts in an area."""
    return joined("汕头市", text_of(areas, words.AREAS), "市场监督管理局（模拟）")


def court_of(areas: Array) -> Array:
    """The district court of an area."""
    return joined("汕头市", text_of(areas, words.AREAS), "人民法院（模拟）")
