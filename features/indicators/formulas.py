"""What an indicator is made of: aggregates, sums over enterprises that share a key, and rules.

Every formula is data. Its ``repr`` is its identity and goes into the hash of the definitions; its
words and its Ibis expression are made from the same parts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from features.indicators.conditions import holds
from features.indicators.measures import Aggregate, latest
from features.indicators.rules import RULES
from features.indicators.windows import MONTHS_A_YEAR
from features.messages import Message


class Formula(Protocol):
    """Something with a value per enterprise."""

    def leaves(self) -> "Iterator[Leaf]":
        """What must be computed before its value."""

    def value(self, columns: Any) -> Any:
        """Its Ibis expression over the assembled columns."""

    def describe(self) -> Message:
        """What it is, in words."""


@dataclass(frozen=True)
class Shared:
    """Sum of `part` over all enterprises of the archive with the same key, this one included."""

    key: str
    part: "Formula"

    def leaves(self) -> "Iterator[Leaf]":
        """Itself, and what tells its key."""
        yield self
        yield from KEYS[self.key].leaves()

    def value(self, columns: Any) -> Any:
        """Its column in the assembled table; null where the enterprise's key is unknown."""
        return columns.of(self)

    def describe(self) -> Message:
        """The part, of all enterprises that share the key."""
        key, part = KEY_WORDS[self.key], self.part.describe()
        return Message(f"{key.zh}全部主体的{part.zh}", f"{part.en}, of all with the same {key.en}")


@dataclass(frozen=True)
class Overall:
    """Sum of `part` over all enterprises of the archive: one number for everybody."""

    part: "Formula"

    def leaves(self) -> "Iterator[Leaf]":
        """Itself."""
        yield self

    def value(self, columns: Any) -> Any:
        """A constant."""
        return columns.of(self)

    def describe(self) -> Message:
        """The part, of everybody."""
        part = self.part.describe()
        return Message(f"全部主体的{part.zh}", f"{part.en}, of all enterprises")


Leaf = Aggregate | Shared | Overall


@dataclass(frozen=True)
class Derived:
    """A rule of ``rules.RULES`` applied to parts and fixed parameters."""

    rule: str
    parts: tuple["Formula", ...]
    parameters: tuple[str | int, ...] = ()

    def leaves(self) -> "Iterator[Leaf]":
        """The leaves of its parts."""
        for part in self.parts:
            yield from part.leaves()

    def value(self, columns: Any) -> Any:
        """The rule over the values of its parts."""
        values = [part.value(columns) for part in self.parts]
        return RULES[self.rule].compute(values, self.parameters, columns.moment)

    def describe(self) -> Message:
        """The rule's words around those of its parts."""
        rule, parts = RULES[self.rule], [part.describe() for part in self.parts]
        listed = "、".join(str(item) for item in self.parameters)
        return Message(
            rule.zh.format(*[part.zh for part in parts], parameters=listed),
            rule.en.format(*[part.en for part in parts], parameters=listed.replace("、", ", ")),
        )


def is_zero_without_records(formula: Formula) -> bool:
    """Whether an enterprise without any record has 0; else it has null."""
    if isinstance(formula, Aggregate):
        return formula.is_count
    if isinstance(formula, Derived) and RULES[formula.rule].gives_zero:
        return True
    if isinstance(formula, Derived) and RULES[formula.rule].keeps_zero:
        return all(is_zero_without_records(part) for part in formula.parts)
    return False


def flag(part: Formula) -> Derived:
    """1 where the count is above zero."""
    return Derived("flag", (part,))


def log1p(part: Formula) -> Derived:
    """Natural logarithm of one plus the value: amounts spread over many orders."""
    return Derived("log1p", (part,))


def share(part: Formula, whole: Formula) -> Derived:
    """Part over whole; null where the whole is zero."""
    return Derived("share", (part, whole))


def shrunk_ratio(
    part: Formula, whole: Formula, *, weight: int, overall: tuple[Formula, Formula] | None = None
) -> Derived:
    """Part over whole of this enterprise, drawn to the overall ratio by `weight` pseudo-records.

    Null where the enterprise has nothing in the whole. `overall` names other counts whose ratio
    over all enterprises it is drawn to; it must be given where part and whole are no integers.
    """
    of_all = overall or (part, whole)
    parts = (part, whole, Overall(of_all[0]), Overall(of_all[1]))
    return Derived("shrunk_ratio", parts, (weight,))


def peer_ratio(key: str, part: Formula, whole: Formula, *, weight: int) -> Derived:
    """The same over all that share a key; the overall ratio where they have nothing in the whole.

    Null where the enterprise's key is unknown.
    """
    parts = (Shared(key, part), Shared(key, whole), Overall(part), Overall(whole))
    return Derived("peer_ratio", parts, (weight,))


def surroundings_ratio(
    part: Formula,
    whole: Formula,
    *,
    weight: int,
    area_weight: int,
    overall: tuple[Formula, Formula],
) -> Derived:
    """Part over whole of fading weights around the enterprise, drawn to the district's `overall`.

    The district's own ratio is drawn to that of all by `area_weight`: where hardly anything was
    visited lately, a place is taken for a usual one of its district and not of the whole city.
    Around means in four staggered grids of cells at once: visits of the cell's heart count four
    times, those of its rim once, so that no one stands at an edge. Null where its place is unknown.
    """
    sums = [Shared(key, of) for of in (part, whole) for key in SURROUNDINGS]
    of_area: list[Formula] = [Shared("area", of) for of in overall]
    parts = (*sums, *of_area, *map(Overall, overall))
    return Derived("surroundings_ratio", parts, (weight, area_weight))


def others(key: str, part: Formula) -> Derived:
    """Sum over the other enterprises with the same key."""
    return Derived("others", (Shared(key, part), part))


def others_ratio(key: str, part: Formula, whole: Formula, *, weight: int) -> Derived:
    """Part over whole of the others with the same key, drawn to the overall ratio."""
    parts = (others(key, part), others(key, whole), Overall(part), Overall(whole))
    return Derived("peer_ratio", parts, (weight,))


def difference(first: Formula, second: Formula) -> Derived:
    """First minus second."""
    return Derived("difference", (first, second))


def plus(first: Formula, second: Formula) -> Derived:
    """First and second together."""
    return Derived("plus", (first, second))


def greater(first: Formula, second: Formula) -> Derived:
    """The greater (of days: the later) of two; the known one where one is unknown."""
    return Derived("greater", (first, second))


def or_zero(part: Formula) -> Derived:
    """The value, 0 where there is none."""
    return Derived("or_zero", (part,))


def if_archived(part: Formula, records: Formula) -> Derived:
    """The value; null where the whole archive has none of `records`, so that none is missing."""
    return Derived("if_archived", (part, Overall(records)))


def first_known(first: Formula, second: Formula) -> Derived:
    """First, or second where first is unknown."""
    return Derived("first_known", (first, second))


def trend(of_months: Callable[[int], Formula]) -> Derived:
    """What the last 12 months have more than the 12 months before them."""
    last = of_months(MONTHS_A_YEAR)
    return difference(last, difference(of_months(2 * MONTHS_A_YEAR), last))


def relative_change(new: Formula, old: Formula) -> Derived:
    """New over old, minus one; null where old is zero or unknown."""
    return Derived("relative_change", (new, old))


def is_among(part: Formula, *codes: str) -> Derived:
    """1 where the text is one of `codes`; null where it is unknown."""
    return Derived("is_among", (part,), codes)


def is_unknown(part: Formula) -> Derived:
    """1 where nothing states it, else 0."""
    return Derived("is_unknown", (part,))


def starts_with(part: Formula, *prefixes: str) -> Derived:
    """1 where the text begins with one of `prefixes` (of one length); null where unknown."""
    return Derived("starts_with", (part,), prefixes)


def in_sector(part: Formula, sector: str) -> Derived:
    """1 where the industry code belongs to the sector of ``law/codes/industries``."""
    return Derived("in_sector", (part,), (sector,))


def months_since(*days: Formula) -> Derived:
    """Complete calendar months since a day, or since the first of two that is known."""
    return Derived("months_since" if len(days) > 1 else "months_since_one", days)


MAIN_SHAREHOLDER = holds("is_main", zh="现任第一大股东", en="largest shareholder now")

_FIELD = {
    name: latest("registration", name)
    for name in (
        "industry_code",
        "area_code",
        "attribute_1",
        "attribute_2",
        "address_key",
        "legal_representative_key",
        "latitude",
        "longitude",
    )
}

# What makes two enterprises comparable or connected; each is a text per enterprise.
KEYS: Mapping[str, Formula] = {
    "legal_representative": _FIELD["legal_representative_key"],
    "main_shareholder": latest("related_person", "person_key", where=(MAIN_SHAREHOLDER,)),
    "address": _FIELD["address_key"],
    "industry": _FIELD["industry_code"],
    "industry_division": Derived("prefix", (_FIELD["industry_code"],), (2,)),
    "area": _FIELD["area_code"],
    "industry_in_area": Derived("joined", (_FIELD["industry_code"], _FIELD["area_code"])),
    "attribute_1": _FIELD["attribute_1"],
    "attribute_2": _FIELD["attribute_2"],
    "attributes": Derived("joined", (_FIELD["attribute_1"], _FIELD["attribute_2"])),
    # Cells of a hundredth of a degree: about 1.1 km north to south.
    "map_cell": Derived("map_cell", (_FIELD["latitude"], _FIELD["longitude"]), (100,)),
    # A four-hundredth: about 280 m, the blocks around.
    "map_block": Derived("map_cell", (_FIELD["latitude"], _FIELD["longitude"]), (400,)),
    # A fortieth: about 2.8 km, in four grids half a cell apart.
    **{
        f"surroundings_{north}{east}": Derived(
            "map_cell", (_FIELD["latitude"], _FIELD["longitude"]), (40, north, east)
        )
        for north in (0, 1)
        for east in (0, 1)
    },
}
SURROUNDINGS = tuple(key for key in KEYS if key.startswith("surroundings_"))

KEY_WORDS: Mapping[str, Message] = {
    "legal_representative": Message("同一法定代表人", "legal representative"),
    "main_shareholder": Message("同一第一大股东（自然人）", "largest shareholder"),
    "address": Message("同一住所", "address"),
    "industry": Message("同行业小类", "industry class"),
    "industry_division": Message("同行业大类", "industry division"),
    "area": Message("同辖区", "district"),
    "industry_in_area": Message("同辖区同行业小类", "industry class and district"),
    "attribute_1": Message("同分类属性一", "attribute 1"),
    "attribute_2": Message("同分类属性二", "attribute 2"),
    "attributes": Message("同分类属性一和二", "attributes 1 and 2"),
    "map_cell": Message("同一地图网格（约1公里）", "map cell (about 1 km)"),
    "map_block": Message("同一地图网格（约280米）", "map cell (about 280 m)"),
    **dict.fromkeys(SURROUNDINGS, Message("周边（约3公里网格）", "surroundings (cell of 3 km)")),
}
