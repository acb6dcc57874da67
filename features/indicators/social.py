"""Social evaluation: complaints and reports, honours and certifications."""

from functools import partial

from features.indicators.common import BASIS_SOCIAL, VALID, VERIFIED
from features.indicators.conditions import among, equals, present
from features.indicators.formulas import is_among, share, trend
from features.indicators.indicator import Indicator
from features.indicators.measures import count, days_since_last, fading_count, latest

_row = partial(Indicator, dimension="social", basis=BASIS_SOCIAL, sign=1, unit="count")
_DECIDED = present("is_verified", zh="已有查证结论", en="looked into")
_HIGH = among("level", ("national", "provincial"), zh="省级以上", en="national or provincial")

_TAX_GRADE = latest("honour", "tax_grade", where=(VALID,))

_CATEGORIES = {
    "product_quality": ("产品质量", "product quality"),
    "consumer": ("消费者权益", "consumer rights"),
    "advertising": ("广告", "advertising"),
    "price": ("价格", "prices"),
}


def _complaints(within: int) -> Indicator:
    return _row(
        name=f"complaints_{within}m",
        zh=f"近{within}个月投诉举报数",
        en=f"complaints and reports, {within} months",
        formula=count("complaint", within=within),
    )


def _verified(within: int) -> Indicator:
    return _row(
        name=f"verified_complaints_{within}m",
        zh=f"近{within}个月查证属实投诉举报数",
        en=f"complaints and reports found true, {within} months",
        formula=count("complaint", within=within, where=(VERIFIED,)),
    )


def _category(code: str, zh: str, en: str) -> Indicator:
    about = equals("category", code, zh=zh, en=en)
    return _row(
        name=f"{code}_complaints_24m",
        zh=f"近24个月{zh}类投诉举报数",
        en=f"complaints about {en}, 24 months",
        formula=count("complaint", within=24, where=(about,)),
    )


def _honours(kind: str, zh: str, en: str) -> Indicator:
    return _row(
        name=f"{kind}s_valid",
        zh=f"有效{zh}数",
        en=f"valid {en}",
        sign=-1,
        formula=count("honour", where=(VALID, equals("honour_kind", kind, zh=zh, en=en))),
    )


INDICATORS: tuple[Indicator, ...] = (
    _complaints(3),
    _complaints(6),
    _complaints(12),
    _complaints(24),
    _complaints(36),
    _verified(12),
    _verified(36),
    _row(
        name="verified_complaints_trend_24m",
        zh="查证属实投诉举报数变化（近12个月较此前12个月）",
        en="complaints found true, last 12 months against the 12 before",
        unit="change",
        formula=trend(lambda months: count("complaint", within=months, where=(VERIFIED,))),
    ),
    _row(
        name="verified_complaints_ratio_36m",
        zh="近36个月投诉举报属实率",
        en="share of complaints found true, 36 months",
        unit="ratio",
        formula=share(
            count("complaint", within=36, where=(VERIFIED,)),
            count("complaint", within=36, where=(_DECIDED,)),
        ),
    ),
    *[_category(code, zh, en) for code, (zh, en) in _CATEGORIES.items()],
    _row(
        name="complaints_fading",
        zh="投诉举报数（随时间衰减）",
        en="complaints, fading with time",
        formula=fading_count("complaint", half_life=6),
    ),
    _row(
        name="days_since_last_complaint",
        zh="距最近一次投诉举报天数",
        en="days since the last complaint",
        unit="days",
        sign=-1,
        formula=days_since_last("complaint"),
    ),
    _row(
        name="honours_valid",
        zh="有效荣誉与认证数",
        en="valid honours and certifications",
        sign=-1,
        formula=count("honour", where=(VALID,)),
    ),
    _row(
        name="high_honours_valid",
        zh="有效省级以上荣誉与认证数",
        en="valid national or provincial honours and certifications",
        sign=-1,
        formula=count("honour", where=(VALID, _HIGH)),
    ),
    _honours("quality_award", "质量奖", "quality awards"),
    _honours("system_certification", "体系认证", "system certifications"),
    _row(
        name="tax_rating_a",
        zh="纳税信用为A级",
        en="tax rating A",
        unit="flag",
        sign=-1,
        formula=is_among(_TAX_GRADE, "A"),
    ),
    _row(
        name="tax_rating_low",
        zh="纳税信用为C级或D级",
        en="tax rating C or D",
        unit="flag",
        formula=is_among(_TAX_GRADE, "C", "D"),
    ),
)
