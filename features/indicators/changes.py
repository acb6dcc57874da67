"""What an enterprise can change about itself, and which indicators that moves.

Most indicators tell of what happened, of where an enterprise is or of others; nothing it does today
changes them. Two kinds of change are left: an act (a report filed, a licence renewed, units
inspected), and time without a new adverse record, after which old ones leave their windows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from features.catalogue import record_kinds
from features.indicators.indicator import Indicator
from features.indicators.measures import Aggregate
from features.indicators.windows import MEAN_DAYS_A_MONTH
from features.messages import Message

How = Literal["act", "time"]


@dataclass(frozen=True)
class Change:
    """Something an enterprise can do, or let pass.

    Attributes
    ----------
    months
        Months without a new adverse record of `kind`; None for an act.
    best
        Indicator to the value that the change brings it to, unless it is better already.
    longer
        Indicator to what is added to it where it is known: days since the last record.
    cleaner
        Indicator to what is added to it where another one moves: months since the last record, or
        since the enterprise began where there is none.
    faded
        Indicator to the factor by which time alone makes it smaller.
    moved
        Indicator to the one that takes over its value: a report filed now was filed late.
    """

    key: str
    label: Message
    how: How
    months: int | None = None
    kind: str | None = None
    best: Mapping[str, float] = field(default_factory=dict)
    longer: Mapping[str, float] = field(default_factory=dict)
    cleaner: Mapping[str, float] = field(default_factory=dict)
    faded: Mapping[str, float] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Every indicator that it improves."""
        return frozenset({*self.best, *self.longer, *self.cleaner, *self.faded})


def _act(key: str, zh: str, en: str, *names: str, **best: float) -> Change:
    return Change(key, Message(zh, en), "act", best={**dict.fromkeys(names, 0.0), **best})


ACTS: tuple[Change, ...] = (
    Change(
        "file_annual_reports",
        Message("补报未报的年度报告", "file the annual reports that are missing"),
        "act",
        best={"annual_report_missing": 0.0, "annual_reports_missing_3y": 0.0},
        moved={"annual_reports_missing_3y": "annual_reports_late_3y"},
    ),
    _act(
        "leave_abnormal_list",
        "改正后申请移出经营异常名录（个体工商户申请恢复正常记载状态）",
        "put right what led to it and apply to leave the abnormal operations list",
        "on_abnormal_operations_list",
        "in_marked_state",
        "months_on_abnormal_list",
    ),
    _act(
        "mend_commitments",
        "补正未履行的信用承诺",
        "make good the commitments that were broken",
        "commitments_broken",
        "food_commitments_broken",
    ),
    _act(
        "complete_recalls",
        "完成逾期未完成的召回",
        "complete the recalls that are overdue",
        "recalls_uncompleted",
        "food_recalls_uncompleted",
    ),
    _act(
        "fulfil_judgments",
        "履行生效判决并由法院删除失信信息",
        "fulfil the judgments and have the court delete the entries",
        "judgment_defaults_open",
        "judgment_default_amount_open_log",
    ),
    _act(
        "renew_licences",
        "延续或注销已过期的许可证",
        "renew the licences that expired, or hand them back",
        "licences_expired",
        "food_licences_expired",
        "equipment_licences_expired",
    ),
    _act(
        "inspect_units",
        "超期未检设备申报检验并合格",
        "have the overdue units inspected and pass",
        "units_overdue",
        "units_overdue_ratio",
        "days_overdue_highest",
        "public_units_overdue",
        "units_uninspected",
    ),
    _act(
        "repair_units",
        "整改、停用或报废检验不合格的设备",
        "repair the units that failed, or take them out of use",
        "units_failed",
    ),
    _act(
        "check_units",
        "按期自行检查和维护保养在用设备",
        "check and maintain the units in use on time",
        "units_unchecked",
        "elevators_unmaintained",
        self_checks_per_unit_1m=1.0,
        self_checks_per_unit_3m=3.0,
    ),
    _act(
        "end_hazards", "整改自查发现的隐患", "end the hazards found by own checks", "hazards_open"
    ),
    _act(
        "certify_food_safety",
        "取得HACCP或GMP认证",
        "obtain a HACCP or GMP certificate",
        food_safety_systems_valid=1.0,
        system_certifications_valid=1.0,
    ),
)
# Records that come from the enterprise's own conduct: a kind, and kinds that come with it.
_OWN_CONDUCT: Mapping[str, tuple[str, ...]] = {
    "penalty": ("penalty",),
    "inspection": ("inspection", "finding"),
    "complaint": ("complaint",),
    "sampling_test": ("sampling_test",),
    "compulsory_measure": ("compulsory_measure",),
    "list_entry": ("list_entry",),
    "accident": ("accident",),
    "recall": ("recall",),
    "commitment_check": ("commitment_check",),
    "judicial_assistance": ("judicial_assistance",),
    "judgment_default": ("judgment_default",),
    "special_equipment_unit": ("special_equipment_unit",),
}


@cache
def changes(indicators: tuple[Indicator, ...]) -> tuple[Change, ...]:
    """All acts, then for each kind of record the months without a new adverse one."""
    present = {row.name for row in indicators}
    acts = [act for act in ACTS if act.names & present]
    return (*acts, *(one for kind in _OWN_CONDUCT for one in _waits(kind, indicators)))


def ways_to_change(indicators: tuple[Indicator, ...]) -> dict[str, How]:
    """Per indicator that an enterprise can change: by an act, or by time alone."""
    ways: dict[str, How] = {}
    for change in changes(indicators):
        for name in change.names:
            ways.setdefault(name, change.how)
    return ways


def _waits(kind: str, indicators: tuple[Indicator, ...]) -> Iterator[Change]:
    own = [row for row in indicators if row.kind in _OWN_CONDUCT[kind] and row.sign]
    windows = {row.window_months for row in own if row.window_months}
    words = record_kinds()[kind]
    for months in sorted(windows):
        yield Change(
            f"{months}_months_without_{kind}",
            Message(
                f"{months}个月内不再有新的不良记录：{words.zh}",
                f"{months} months without a new adverse record: {words.en}",
            ),
            "time",
            months=months,
            kind=kind,
            best={
                row.name: 0.0
                for row in own
                if row.sign > 0 and 0 < (row.window_months or 0) <= months
            },
            longer={
                row.name: months * MEAN_DAYS_A_MONTH
                for row in own
                if row.sign < 0 and row.unit == "days"
            },
            cleaner={row.name: months for row in own if row.sign < 0 and row.unit == "months"},
            faded={row.name: 0.5 ** (months / life) for row in own if (life := _half_life(row))},
        )


def _half_life(row: Indicator) -> int | None:
    formula = row.formula
    return formula.half_life if isinstance(formula, Aggregate) and row.sign > 0 else None
