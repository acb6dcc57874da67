"""What the law says on a day about measures, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import law
from features.indicators import catalogue
from features.messages import Message
from law.errors import NoValueError
from scoring.errors import MeasuresError, refuse

UNCONFIRMED_ZH = "待法制审核"


@dataclass(frozen=True)
class IndicatorRule:
    """Holds where an indicator has at least an amount; `effect` is a code of its table."""

    key: str
    zh: str
    en: str
    indicator: str
    at_least: int
    effect: str


class LawReader:
    """Looks parameters up for one day and region, and keeps what each rests on."""

    def __init__(self, on: date, *, region: str, overlay: Path | None = None) -> None:
        self.on, self.region, self.overlay = on, region, overlay
        self.found: dict[str, law.Value] = {}

    def value(self, name: str) -> Any:
        """The value in force.

        Raises
        ------
        law.errors.NoValueError
            Nothing is in force on that day in that region.
        """
        found = law.lookup(name, on=self.on, region=self.region, overlay=self.overlay)
        self.found[name] = found
        return found.value

    def rules(self, name: str) -> tuple[IndicatorRule, ...]:
        """Rules over indicators; none where the office ended them.

        Raises
        ------
        MeasuresError
            A rule names an indicator that does not exist; all are listed.
        """
        try:
            rows = self.value(name)
        except NoValueError:
            return ()
        require_indicators(name, [row["indicator"] for row in rows])
        keys = ("key", "zh", "en", "indicator", "at_least", "effect")
        return tuple(IndicatorRule(**{key: row[key] for key in keys}) for row in rows)

    def ground(self, name: str) -> str:
        """The act behind a value, and whether it waits for review."""
        found = self.found[name]
        return f"{found.reference}" + ("" if found.is_confirmed else f"（{UNCONFIRMED_ZH}）")

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """The parameters read so far that wait for review."""
        return tuple(sorted(name for name, one in self.found.items() if not one.is_confirmed))


def require_indicators(part: str, names: Sequence[str]) -> None:
    """Refuse names that the catalogue of indicators does not have.

    Raises
    ------
    MeasuresError
    """
    known = {item.name for item in catalogue()}
    faults = [
        Message(f"{part}：没有指标 {name}", f"{part}: there is no indicator {name}")
        for name in names
        if name not in known
    ]
    refuse(MeasuresError, faults)


@dataclass(frozen=True)
class SupervisionRules:
    """Everything a supervision plan rests on.

    References
    ----------
    ``measures.*``, ``double_random.sampling_ratio_per_mille``, ``double_random.yearly_visit_cap``,
    ``double_random.special_equipment_no_repeat_same_year`` (令57 art. 17),
    ``patrol.interval_months``, ``food.visits_per_year``, ``food.full_check_years`` (令49 art. 22).
    """

    table: Mapping[str, Mapping[str, Mapping[str, Any]]]
    ratio: Mapping[str, int]
    cap: int
    food_visits: Mapping[str, Sequence[int | None]]
    full_check_years: int
    key_unit_visits: int
    key_supervision_visits: int
    no_repeat_after_post_licence: bool
    patrol_months: Mapping[str, int]
    patrol_is_inspection: bool
    reader: LawReader

    @classmethod
    def of(cls, on: date, *, region: str, overlay: Path | None = None) -> "SupervisionRules":
        """The rules in force in `region` on day `on`.

        Raises
        ------
        law.errors.NoValueError
            A parameter says nothing there on that day; the message names it.
        """
        read = LawReader(on, region=region, overlay=overlay)
        return cls(
            table=read.value("measures.supervision"),
            ratio=read.value("double_random.sampling_ratio_per_mille"),
            cap=read.value("double_random.yearly_visit_cap"),
            food_visits=read.value("food.visits_per_year"),
            full_check_years=read.value("food.full_check_years"),
            key_unit_visits=read.value("measures.key_unit_visits"),
            key_supervision_visits=read.value("measures.key_supervision_visits"),
            no_repeat_after_post_licence=read.value(
                "double_random.special_equipment_no_repeat_same_year"
            ),
            patrol_months=read.value("patrol.interval_months"),
            patrol_is_inspection=read.value("measures.patrol_counts_as_inspection"),
            reader=read,
        )
