"""Sampling tests, compulsory measures, accidents, recalls, commitments, courts: of supervision."""

from functools import partial
from typing import Literal

from features.indicators.common import (
    BASIS_SUPERVISION,
    BROKEN,
    FAILED,
    FAILED_TESTS,
    IN_FORCE,
    LIABLE,
    ORDERED,
    OWN_WEIGHT,
    TESTS,
    UNCOMPLETED,
)
from features.indicators.conditions import Condition, equals, holds
from features.indicators.formulas import shrunk_ratio
from features.indicators.indicator import Indicator
from features.indicators.measures import Aggregate, count, days_since_last, fading_count, total

_row = partial(Indicator, dimension="supervision", basis=BASIS_SUPERVISION, sign=1, unit="count")

_FINE = equals("measure", "enforcement_fine", zh="加处罚款", en="fine for not performing")
_VOLUNTARY = equals("recall_kind", "voluntary", zh="主动召回", en="voluntary")
_KEPT_NOW = holds("is_kept", zh="最近一次核查为已履行", en="kept at its newest check")
_BREACH = equals("result", "broken", zh="未履行", en="broken")
_TRANSFER = equals("action", "forced_transfer", zh="强制转让股权", en="forced transfer of equity")


def _counted(
    name: str,
    zh: str,
    en: str,
    *,
    source: str,
    within: int,
    where: tuple[Condition, ...] = (),
    sign: Literal[-1, 0, 1] = 1,
) -> Indicator:
    """A count within a window, which its name and labels say."""
    return _row(
        name=f"{name}_{within}m",
        zh=f"近{within}个月{zh}",
        en=f"{en}, {within} months",
        sign=sign,
        formula=count(source, within=within, where=where),
    )


def _failed_tests(within: int) -> Indicator:
    return _counted(
        "failed_sampling_tests",
        "抽样检验不合格批次",
        "failed sampling tests",
        source="sampling_test",
        within=within,
        where=(FAILED,),
    )


_TESTS: tuple[Indicator, ...] = (
    _counted(
        "sampling_tests",
        "抽样检验批次",
        "sampling tests",
        source="sampling_test",
        within=36,
        sign=0,
    ),
    *(_failed_tests(months) for months in (6, 12, 24, 36)),
    _row(
        name="failed_sampling_tests_fading",
        zh="抽样检验不合格批次（随时间衰减）",
        en="failed sampling tests, fading with time",
        formula=fading_count("sampling_test", half_life=12, where=(FAILED,)),
    ),
    _row(
        name="test_failure_ratio_36m",
        zh="近36个月抽样检验不合格率",
        en="share of sampling tests failed, 36 months",
        unit="ratio",
        formula=shrunk_ratio(FAILED_TESTS, TESTS, weight=OWN_WEIGHT),
    ),
    _row(
        name="days_since_last_failed_test",
        zh="距最近一次抽检不合格天数",
        en="days since the last failed sampling test",
        unit="days",
        sign=-1,
        formula=days_since_last("sampling_test", where=(FAILED,)),
    ),
)


def _measures(within: int) -> Indicator:
    return _counted(
        "compulsory_measures",
        "行政强制次数",
        "compulsory measures",
        source="compulsory_measure",
        within=within,
    )


_MEASURES: tuple[Indicator, ...] = (
    *(_measures(months) for months in (12, 36, 60)),
    _counted(
        "enforcement_fines",
        "加处罚款次数",
        "fines for not performing a decision",
        source="compulsory_measure",
        within=36,
        where=(_FINE,),
    ),
)


def _accidents(within: int) -> Indicator:
    return _counted(
        "liable_accidents",
        "负有责任的事故次数",
        "accidents found liable for",
        source="accident",
        within=within,
        where=(LIABLE,),
    )


_ACCIDENTS: tuple[Indicator, ...] = (
    _counted("accidents", "事故次数", "accidents", source="accident", within=60),
    _accidents(24),
    _accidents(60),
    _row(
        name="accident_deaths_60m",
        zh="近60个月事故死亡人数",
        en="deaths in accidents, 60 months",
        unit="persons",
        formula=total("accident", "deaths", within=60),
    ),
    _counted(
        "ordered_recalls",
        "责令召回次数",
        "ordered recalls",
        source="recall",
        within=36,
        where=(ORDERED,),
    ),
    # A maker that recalls by itself does its duty; its products had a defect all the same.
    _counted(
        "voluntary_recalls",
        "主动召回次数",
        "voluntary recalls",
        source="recall",
        within=36,
        where=(_VOLUNTARY,),
        sign=0,
    ),
    _row(
        name="recalls_uncompleted",
        zh="未按期完成的召回次数",
        en="recalls not completed in time",
        formula=count("recall", where=(UNCOMPLETED,)),
    ),
)


def _checked(condition: Condition) -> Aggregate:
    return count("commitment_check", within=36, where=(condition,))


_COMMITMENTS: tuple[Indicator, ...] = (
    _counted("commitments", "信用承诺次数", "commitments", source="commitment", within=36, sign=0),
    _row(
        name="commitments_kept",
        zh="已履行的信用承诺数",
        en="commitments kept at their newest check",
        sign=-1,
        formula=count("commitment", where=(_KEPT_NOW,)),
    ),
    _row(
        name="commitments_broken",
        zh="尚未补正的违诺数",
        en="commitments broken at their newest check",
        formula=count("commitment", where=(BROKEN,)),
    ),
    _row(
        name="commitment_breaches_36m",
        zh="近36个月违诺次数",
        en="checks that found a commitment broken, 36 months",
        formula=_checked(_BREACH),
    ),
    _row(
        name="commitment_breach_ratio_36m",
        zh="近36个月承诺核查违诺率",
        en="share of checks that found a commitment broken, 36 months",
        unit="ratio",
        formula=shrunk_ratio(
            _checked(_BREACH), count("commitment_check", within=36), weight=OWN_WEIGHT
        ),
    ),
)

_COURTS: tuple[Indicator, ...] = (
    _row(
        name="frozen_equity_open",
        zh="尚在冻结的股权笔数",
        en="freezes of equity in force",
        formula=count("judicial_assistance", where=(IN_FORCE,)),
    ),
    _counted(
        "forced_transfers",
        "强制转让股权次数",
        "forced transfers of equity",
        source="judicial_assistance",
        within=36,
        where=(_TRANSFER,),
    ),
)

INDICATORS: tuple[Indicator, ...] = _TESTS + _MEASURES + _ACCIDENTS + _COMMITMENTS + _COURTS
