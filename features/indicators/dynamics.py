"""Dynamics: what changed at an enterprise, its annual reports and its licences."""

from functools import partial

from features.indicators import commerce
from features.indicators.common import (
    BASIS_DYNAMICS,
    BASIS_REPORT,
    ESTABLISHED,
    EXPIRED,
    VALID,
)
from features.indicators.conditions import among, at_least, below, equals, fails, holds, lists
from features.indicators.formulas import (
    Derived,
    Overall,
    flag,
    log1p,
    relative_change,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import count, days_since_last, latest, lowest

_row = partial(Indicator, dimension="dynamics", basis=BASIS_DYNAMICS, sign=0)
_report = partial(_row, basis=BASIS_REPORT)

_CHANGE = equals("event", "change", zh="变更", en="change")
_DORMANCY = equals("event", "dormancy", zh="歇业备案", en="dormancy")
_ENDED = among(
    "status",
    ("suspended", "revoked", "cancelled"),
    zh="暂停、吊销或撤销",
    en="suspended, revoked or cancelled",
)
_SOON = below("days_left", 90, zh="剩余不足90天", en="less than 90 days left")

# Late and missing reports are looked at over the last three years due; the first report on a year
# counts.
_YEARS = 3
_FIRST = holds("is_first", zh="该年度首次报送", en="first one on its year")
_LATE = holds("is_late", zh="逾期报送", en="late")
_DUE = at_least("years_ago", 0, zh="已到报送期", en="due")
_RECENT = below("years_ago", _YEARS, zh="最近三个应报年度", en="of the last three years due")
_LAST_DUE = equals("years_ago", 0, zh="最近一个应报年度", en="of the last year due")
_LAST_YEAR = equals("years_back", 0, zh="最新报告年度", en="of the last year reported on")
_YEAR_BEFORE = equals("years_back", 1, zh="上一报告年度", en="of the year before")
_ARCHIVED = Overall(count("annual_report"))


def _all_changes(within: int) -> Indicator:
    return _row(
        name=f"changes_{within}m",
        zh=f"近{within}个月变更登记次数",
        en=f"registered changes, {within} months",
        unit="count",
        formula=count("registration", within=within, where=(_CHANGE,)),
    )


def _changes(item: str, zh: str, en: str, *, within: int) -> Indicator:
    changed = lists("change_items", item, zh=zh, en=en)
    return _row(
        name=f"{item}_changes_{within}m",
        zh=f"近{within}个月{zh}变更次数",
        en=f"changes of {en}, {within} months",
        unit="count",
        formula=count("registration", within=within, where=(_CHANGE, changed)),
    )


INDICATORS: tuple[Indicator, ...] = (
    _all_changes(6),
    _all_changes(12),
    _all_changes(36),
    _changes("name", "名称", "the name", within=36),
    _changes("legal_representative", "法定代表人", "the legal representative", within=12),
    _changes("legal_representative", "法定代表人", "the legal representative", within=36),
    _changes("address", "住所", "the address", within=12),
    _changes("address", "住所", "the address", within=36),
    _changes("scope", "经营范围", "the business scope", within=36),
    _changes("capital", "注册资本", "the capital", within=36),
    _changes("shareholders", "股东", "the shareholders", within=36),
    _row(
        name="days_since_last_change",
        zh="距最近一次变更登记天数",
        en="days since the last registered change",
        unit="days",
        formula=days_since_last("registration", where=(_CHANGE,)),
    ),
    _row(
        name="dormancies_60m",
        zh="近60个月歇业次数",
        en="dormancies, 60 months",
        unit="count",
        formula=count("registration", within=60, where=(_DORMANCY,)),
    ),
    _report(
        name="annual_report_missing",
        zh="最近年度未报年报",
        en="annual report of the last due year missing",
        unit="flag",
        sign=1,
        formula=Derived(
            "reports_missing",
            (count("annual_report", where=(_FIRST, _LAST_DUE)), ESTABLISHED, _ARCHIVED),
            (1,),
        ),
    ),
    _report(
        name="annual_reports_missing_3y",
        zh="近三年未报年报年数",
        en="annual reports missing, last three years due",
        unit="count",
        sign=1,
        formula=Derived(
            "reports_missing",
            (count("annual_report", where=(_FIRST, _DUE, _RECENT)), ESTABLISHED, _ARCHIVED),
            (_YEARS,),
        ),
    ),
    _report(
        name="annual_reports_late_3y",
        zh="近三年逾期年报次数",
        en="late annual reports, last three years due",
        unit="count",
        sign=1,
        formula=count("annual_report", where=(_LATE, _DUE, _RECENT)),
    ),
    _report(
        name="annual_reports_on_time_3y",
        zh="近三年按期年报次数",
        en="annual reports on time, last three years due",
        unit="count",
        sign=-1,
        formula=count(
            "annual_report",
            where=(_FIRST, fails("is_late", zh="按期报送", en="on time"), _DUE, _RECENT),
        ),
    ),
    _report(
        name="days_since_last_annual_report",
        zh="距最近一次报送年报天数",
        en="days since the last annual report",
        unit="days",
        formula=days_since_last("annual_report"),
    ),
    _report(
        name="employees",
        zh="从业人数（最近年报）",
        en="employees, last report",
        unit="persons",
        formula=latest("annual_report", "employees"),
    ),
    _report(
        name="employees_change_ratio",
        zh="从业人数同比变化",
        en="change of employees against the year before",
        unit="change",
        formula=relative_change(
            latest("annual_report", "employees", where=(_LAST_YEAR,)),
            latest("annual_report", "employees", where=(_YEAR_BEFORE,)),
        ),
    ),
    _report(
        name="revenue_log",
        zh="营业收入规模（最近年报）",
        en="revenue, last report",
        unit="log_cny",
        formula=log1p(latest("annual_report", "revenue_cny")),
    ),
    _report(
        name="revenue_change_ratio",
        zh="营业收入同比变化",
        en="change of revenue against the year before",
        unit="change",
        formula=relative_change(
            latest("annual_report", "revenue_cny", where=(_LAST_YEAR,)),
            latest("annual_report", "revenue_cny", where=(_YEAR_BEFORE,)),
        ),
    ),
    _report(
        name="assets_log",
        zh="资产规模（最近年报）",
        en="total assets, last report",
        unit="log_cny",
        formula=log1p(latest("annual_report", "assets_cny")),
    ),
    _row(
        name="licences_valid",
        zh="有效许可证数",
        en="valid licences",
        unit="count",
        formula=count("licence", where=(VALID,)),
    ),
    _row(
        name="licences_expired",
        zh="过期未续许可证数",
        en="licences expired and not renewed",
        unit="count",
        sign=1,
        formula=count("licence", where=(EXPIRED,)),
    ),
    _row(
        name="licences_expiring",
        zh="90天内到期许可证数",
        en="valid licences with less than 90 days left",
        unit="count",
        formula=count("licence", where=(VALID, _SOON)),
    ),
    _row(
        name="days_to_licence_expiry",
        zh="最早到期许可证剩余天数",
        en="days to the first expiry of a valid licence",
        unit="days",
        formula=lowest("licence", "days_left", where=(VALID,)),
    ),
    _row(
        name="licences_ended_60m",
        zh="近60个月许可被暂停、吊销或撤销次数",
        en="licences suspended, revoked or cancelled, 60 months",
        unit="count",
        formula=count("licence_event", within=60, where=(_ENDED,)),
    ),
    _row(
        name="has_ended_licence",
        zh="有被暂停、吊销或撤销的许可证",
        en="holds a licence now suspended, revoked or cancelled",
        unit="flag",
        formula=flag(count("licence", where=(_ENDED,))),
    ),
    *commerce.INDICATORS,
)
