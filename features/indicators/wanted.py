"""What formulas want to know of other enterprises, and under which names it is bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis

from features.indicators.common import CRITICAL_VISITS, PROBLEM_VISITS, VISITS
from features.indicators.formulas import SURROUNDINGS, Formula, Overall, Shared
from features.indicators.measures import Aggregate
from features.indicators.vocabulary import UNIT_RATIOS

OVERALL = "overall"
CATEGORY = "category"
# Keys with about as many values as there are enterprises: their sums stay in pieces, one a range.
MANY_VALUED = (
    "legal_representative",
    "main_shareholder",
    "address",
    "map_cell",
    "map_block",
    *SURROUNDINGS,
)
# Ratios that are joined to records, by what they are the ratios of: part and whole.
CATEGORY_RATIOS: Mapping[str, tuple[Formula, Formula]] = {
    "category_problem_ratio": (PROBLEM_VISITS, VISITS),
    "category_critical_ratio": (CRITICAL_VISITS, VISITS),
}


@dataclass(frozen=True)
class Wanted:
    """Parts to add up over the archive, the keys to add them up by, and ratios.

    Attributes
    ----------
    columns
        The column that holds each part, in every table that has it.
    overall
        Parts wanted of everybody.
    by_key
        Parts wanted per value of each key.
    rates
        Ratios wanted per licence category, maintenance firm and manufacturer.
    """

    columns: Mapping[Formula, str]
    overall: tuple[Formula, ...]
    by_key: Mapping[str, tuple[Formula, ...]]
    rates: Mapping[str, tuple[str, ...]]

    def parts(self, name: str) -> list[str]:
        """The columns of one table of sums."""
        if name in UNIT_RATIOS:
            return ["part", "whole"]
        if name == CATEGORY:
            pairs = [CATEGORY_RATIOS[ratio] for ratio in self.rates.get(CATEGORY, ())]
            wanted = tuple(dict.fromkeys(part for pair in pairs for part in pair))
        else:
            wanted = self.overall if name == OVERALL else self.by_key[name]
        return [self.columns[part] for part in wanted]

    @cached_property
    def identity(self) -> str:
        """What two plans that can share sums agree on."""
        return repr((self.columns, self.overall, self.by_key, self.rates))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of sums there are."""
        everybody = (OVERALL,) if self.overall else ()
        return (*everybody, *self.by_key, *self.rates)

    def sums(self, name: str) -> Any:
        """The bound sums of a key (its text, and its parts), or of everybody (Ibis)."""
        key = {} if name == OVERALL else {name: "string"}
        columns = {**key, **dict.fromkeys(self.parts(name), "int64")}
        return ibis.table(ibis.schema(columns), name=sums_name(name))


def sums_name(name: str) -> str:
    """The name that stands for a table of sums."""
    return f"sums_{name}"


def wanted_of(formulas: Sequence[Formula]) -> Wanted:
    """Collect what `formulas` want to know of other enterprises."""
    leaves = [leaf for item in formulas for leaf in item.leaves()]
    overall = tuple(dict.fromkeys(leaf.part for leaf in leaves if isinstance(leaf, Overall)))
    by_key: dict[str, dict[Formula, None]] = {}
    for leaf in leaves:
        if isinstance(leaf, Shared):
            by_key.setdefault(leaf.key, {})[leaf.part] = None
    fields = {leaf.field for leaf in leaves if isinstance(leaf, Aggregate) and leaf.field}
    ratios = tuple(name for name in CATEGORY_RATIOS if name in fields)
    rates = {CATEGORY: ratios} if ratios else {}
    rates |= {key: (ratio,) for key, ratio in UNIT_RATIOS.items() if ratio in fields}
    compared = [part for name in ratios for part in CATEGORY_RATIOS[name]]
    parts = dict.fromkeys([*compared, *overall, *(p for of_key in by_key.values() for p in of_key)])
    return Wanted(
        columns={part: f"p{number}" for number, part in enumerate(parts)},
        overall=overall,
        by_key={key: tuple(parts) for key, parts in by_key.items()},
        rates=rates,
    )
