"""A row of the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from features.indicators.formulas import Derived, Formula, Shared, is_zero_without_records
from features.indicators.measures import Aggregate
from features.indicators.vocabulary import FIELD_MONTHS, SOURCES
from features.messages import Message

DIMENSIONS: dict[str, Message] = {
    "basic": Message("企业基础属性", "basic attributes"),
    "dynamics": Message("企业动态", "dynamics"),
    "supervision": Message("监管信息", "supervision"),
    "related_parties": Message("关联关系", "related parties and peers"),
    "social": Message("社会评价", "social evaluation"),
    "food": Message("食品专业", "food"),
    "special_equipment": Message("特种设备专业", "special equipment"),
}

UNITS: dict[str, Message] = {
    "flag": Message("1 或 0", "1 or 0"),
    "count": Message("个（次）", "count"),
    "days": Message("天", "days"),
    "months": Message("月", "months"),
    "ratio": Message("比率 0–1", "ratio 0 to 1"),
    "change": Message("差值", "difference"),
    "persons": Message("人", "persons"),
    "log_cny": Message("ln(1+元)", "ln(1 + CNY)"),
    "level": Message("级", "level"),
    "per_unit": Message("次／台", "times a unit"),
    "points": Message("分", "points"),
    "m_s": Message("米／秒", "metres a second"),
    "kg": Message("千克", "kilograms"),
    "raw": Message("原值", "as registered"),
}

MISSING: dict[str, Message] = {
    "zero": Message("无记录记 0", "0 without records"),
    "null": Message("不适用或未知记空", "empty where unknown or not applicable"),
}


@dataclass(frozen=True)
class Indicator:
    """What is computed, why, and how a person reads it.

    Attributes
    ----------
    sign
        +1 where more of it is riskier by its meaning, -1 where less is, 0 where that is unclear;
        models are monotone in it.
    sector
        The sub-model that alone uses it; None for the general model.
    basis
        The act that makes the office collect or weigh this.
    """

    name: str
    zh: str
    en: str
    dimension: str
    unit: str
    sign: Literal[-1, 0, 1]
    basis: str
    formula: Formula
    sector: str | None = None

    @property
    def definition(self) -> str:
        """What is computed, in English, made from the formula."""
        return self.formula.describe().en

    @property
    def definition_zh(self) -> str:
        """What is computed, in Chinese, made from the formula."""
        return self.formula.describe().zh

    @property
    def missing(self) -> str:
        """``zero`` or ``null``: what an enterprise without records has."""
        return "zero" if is_zero_without_records(self.formula) else "null"

    @property
    def evidence(self) -> tuple[Aggregate, ...]:
        """The selections whose newest record proves the value, the best first; empty for context.

        A sum over other enterprises has no record of this one behind it.
        """
        own = list(_own_aggregates(self.formula))
        return tuple(
            dict.fromkeys(item.selection for item in own if self.kind_of(item) == self.kind)
        )

    @property
    def kind(self) -> str | None:
        """The record kind it counts; None where it is about others."""
        own = next(_own_aggregates(self.formula), None)
        return self.kind_of(own) if own is not None else None

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources it reads, of this enterprise or of others."""
        return tuple(dict.fromkeys(_read_sources(self.formula)))

    @property
    def window_months(self) -> int | None:
        """The longest window of its parts; None where it looks at everything."""
        windows = [_window(leaf) for leaf in _all_aggregates(self.formula)]
        return max((months for months in windows if months), default=None)

    @property
    def identity(self) -> str:
        """Everything that decides its value and how a model may use it; no words."""
        return repr((self.name, self.sector, self.sign, self.formula))

    @staticmethod
    def kind_of(item: Aggregate) -> str:
        """The record kind of an aggregate's source."""
        return SOURCES[item.source].kind


def _own_aggregates(formula: Formula) -> Iterator[Aggregate]:
    """Aggregates of the enterprise's own records; none where others' records are counted."""
    if isinstance(formula, Aggregate):
        yield formula
    elif isinstance(formula, Derived) and not any(
        isinstance(part, Shared) for part in formula.parts
    ):
        for part in formula.parts:
            yield from _own_aggregates(part)


def _window(item: Aggregate) -> int | None:
    return item.within or FIELD_MONTHS.get(item.field or "")


def _all_aggregates(formula: Formula) -> Iterator[Aggregate]:
    if isinstance(formula, Aggregate):
        yield formula
    elif isinstance(formula, Derived):
        for part in formula.parts:
            yield from _all_aggregates(part)
    elif isinstance(formula, Shared):
        yield from _all_aggregates(formula.part)


def _read_sources(formula: Formula) -> Iterator[str]:
    for leaf in formula.leaves():
        if isinstance(leaf, Aggregate):
            yield leaf.source
        else:
            yield from _read_sources(leaf.part)
