"""What the law says on a day about statutory sector scores, ready to be applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import law
from law.errors import NoValueError

UNCONFIRMED = "unconfirmed"
_PROPOSAL = "暂定值，无法规条文 a proposal, no act"
_FOOD = (
    "score_parts",
    "static_tables",
    "static_points_by_variety",
    "provisional_static_points",
    "dynamic_items",
    "grade_bands",
    "visits_per_year",
    "several_categories_take_riskiest",
    "new_operator",
    "upgrade_rules",
    "downgrade_rules",
)
# Values an office may end: then nothing stands in, and what rests on them is not assessed.
_MAY_BE_ABSENT = ("provisional_static_points", "static_points_by_variety")


@dataclass(frozen=True)
class RecordRule:
    """A condition on records, or on an indicator, and its effect.

    Attributes
    ----------
    part
        The parameter it stands in: ``food.dynamic_items`` and so on.
    kind, where, within_months, total
        Records of this kind whose fields have one of the values, after the day that many calendar
        months back; counted, or the field `total` added up.
    indicator
        Looked at instead of records.
    at_least
        From which amount the rule holds.
    is_recorded
        False where no record kind carries the fact: an officer judges it by hand.
    """

    part: str
    key: str
    zh: str
    en: str
    basis: str
    confirmed: bool
    kind: str | None = None
    where: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    within_months: int | None = None
    at_least: int = 1
    total: str | None = None
    indicator: str | None = None
    is_recorded: bool = True
    requires: str | None = None
    except_categories: tuple[str, ...] = ()
    points: float = 0.0
    most: float = 0.0
    steps: int = 0
    list_name: str = ""


@dataclass(frozen=True)
class FoodRules:
    """Food: static 40 and dynamic 60 points, and what moves the grade.

    References
    ----------
    食品生产经营风险分级管理办法（试行）; parameters ``food.*`` (all unconfirmed).
    """

    static_most: int
    dynamic_most: int
    static_tables: Mapping[str, Mapping[str, Any]]
    variety_points: Mapping[str, float]
    tier_points: Mapping[str, float]
    dynamic: tuple[RecordRule, ...]
    bands: Mapping[str, float]
    visits: Mapping[str, Sequence[int | None]]
    takes_riskiest: bool
    new_months: int
    full_score: int
    up: tuple[RecordRule, ...]
    down: tuple[RecordRule, ...]
    bases: Mapping[str, str]


@dataclass(frozen=True)
class EquipmentRules:
    """Special equipment: key units and the grade that stands for a class.

    References
    ----------
    特种设备安全监督检查办法 (Order 57) arts 9 and 16: ``special_equipment.key_unit_rules``;
    ``special_equipment.class_grades`` is a proposal.
    """

    key_units: tuple[RecordRule, ...]
    class_grades: Mapping[str, str]


@dataclass(frozen=True)
class StatutoryRules:
    """Everything of one day and region; a sector is ``None`` before its act was in force."""

    on: date
    region: str
    food: FoodRules | None
    equipment: EquipmentRules | None
    matrix: Mapping[str, Mapping[str, str]] | None
    unconfirmed: tuple[str, ...]

    @classmethod
    def of(cls, on: date, *, region: str) -> "StatutoryRules":
        """The rules in force in `region` on day `on`."""
        read = _Reader(on, region)
        food, equipment = _food_rules(read), _equipment_rules(read)
        matrix = read.value("grading.combination_matrix")
        return cls(on, region, food, equipment, matrix, tuple(read.unconfirmed))

    @property
    def record_rules(self) -> tuple[RecordRule, ...]:
        """Every rule of both sectors."""
        food = self.food
        rules = () if food is None else (*food.dynamic, *food.up, *food.down)
        return (*rules, *(self.equipment.key_units if self.equipment else ()))

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that rules look at, and those that tell users from makers of equipment."""
        named = {rule.indicator for rule in self.record_rules if rule.indicator}
        return tuple(sorted(named | {"units_in_use", "has_valid_equipment_licence"}))


class _Reader:
    """Looks parameters up and keeps the names of those that await review."""

    def __init__(self, on: date, region: str) -> None:
        self.on, self.region = on, region
        self.unconfirmed: list[str] = []

    def lookup(self, name: str) -> law.Value | None:
        try:
            found = law.lookup(name, on=self.on, region=self.region)
        except NoValueError:
            return None
        if not found.is_confirmed:
            self.unconfirmed.append(name)
        return found

    def value(self, name: str) -> Any:
        found = self.lookup(name)
        return None if found is None else found.value

    def rules(self, name: str) -> tuple[RecordRule, ...]:
        found = self.lookup(name)
        return () if found is None else tuple(_rule(name, row, found) for row in found.value)


def _food_rules(read: _Reader) -> FoodRules | None:
    found = {name: law.parameter(f"food.{name}") for name in _FOOD}
    values = {name: read.value(f"food.{name}") for name in found if not _is_rules(name)}
    if any(value is None for name, value in values.items() if name not in _MAY_BE_ABSENT):
        return None
    parts, new = values["score_parts"], values["new_operator"]
    return FoodRules(
        static_most=parts["static"],
        dynamic_most=parts["dynamic"],
        static_tables=values["static_tables"],
        variety_points=values["static_points_by_variety"] or {},
        tier_points=values["provisional_static_points"] or {},
        dynamic=read.rules("food.dynamic_items"),
        bands=values["grade_bands"],
        visits=values["visits_per_year"],
        takes_riskiest=values["several_categories_take_riskiest"],
        new_months=new["months"],
        full_score=new["full_score"],
        up=read.rules("food.upgrade_rules"),
        down=read.rules("food.downgrade_rules"),
        bases={
            name: _basis(law.lookup(f"food.{name}", on=read.on, region=read.region))
            for name, value in values.items()
            if value is not None
        },
    )


def _is_rules(name: str) -> bool:
    return name in ("dynamic_items", "upgrade_rules", "downgrade_rules")


def _equipment_rules(read: _Reader) -> EquipmentRules | None:
    key_units = read.rules("special_equipment.key_unit_rules")
    grades = read.value("special_equipment.class_grades")
    return EquipmentRules(key_units, grades) if key_units and grades else None


def _basis(found: law.Value) -> str:
    """What a value rests on; a proposal of this software rests on no act."""
    return _PROPOSAL if found.source == "proposal" else str(found.reference)


def _rule(part: str, row: Mapping[str, Any], found: law.Value) -> RecordRule:
    if row.get("act"):
        basis = str(law.Reference(row["act"], row.get("number"), row.get("article")))
    else:
        basis = _basis(found)
    return RecordRule(
        part=part,
        key=row["key"],
        zh=row["zh"],
        en=row["en"],
        basis=basis,
        confirmed=row["status"] != UNCONFIRMED,
        kind=row.get("kind"),
        where=row.get("where", {}),
        within_months=row.get("within_months"),
        at_least=row.get("at_least", 1),
        total=row.get("sum"),
        indicator=row.get("indicator"),
        is_recorded="not_recorded" not in row,
        requires=row.get("requires"),
        except_categories=tuple(row.get("except_categories", ())),
        points=float(row.get("points", 0)),
        most=float(row.get("most", 0)),
        steps=int(row.get("steps", 0)),
        list_name=row.get("list", ""),
    )
