"""Pledges, mortgages, persons, announcements and renewals: a part of dynamics."""

from functools import partial

from features.indicators.common import BASIS_DYNAMICS, BASIS_PUBLIC, IN_FORCE
from features.indicators.conditions import Condition, among, equals, holds, present
from features.indicators.formulas import log1p
from features.indicators.indicator import Indicator
from features.indicators.measures import count, total

_row = partial(Indicator, dimension="dynamics", basis=BASIS_DYNAMICS, sign=0, unit="count")
_public = partial(_row, basis=BASIS_PUBLIC)
_renewal = partial(_row, sign=1)

_CHANGED = holds("is_change", zh="首次记载之后", en="after what it began with")
_SHAREHOLDER = equals("role", "shareholder", zh="股东", en="shareholder")
_OFFICER = among(
    "role",
    ("director", "supervisor", "senior_manager"),
    zh="董事、监事、高级管理人员",
    en="director, supervisor or senior manager",
)
LATE_RENEWAL = present("days_late", zh="上一证到期后才续", en="begun after the one before ended")


def _moves(stem: str, zh: str, en: str, *, role: Condition, within: int) -> Indicator:
    return _row(
        name=f"{stem}_moves_{within}m",
        zh=f"近{within}个月{zh}进退人次",
        en=f"{en} who came or left, {within} months",
        formula=count("related_person", within=within, where=(_CHANGED, role)),
    )


def _announced(name: str, zh: str, en: str, *, kinds: tuple[str, ...]) -> Indicator:
    of_kind = among("announcement_kind", kinds, zh=zh, en=en)
    return _row(
        name=f"{name}_36m",
        zh=f"近36个月{zh}公告数",
        en=f"announcements of {en}, 36 months",
        formula=count("announcement", within=36, where=(of_kind,)),
    )


INDICATORS: tuple[Indicator, ...] = (
    _public(
        name="equity_pledges_open",
        zh="有效股权出质笔数",
        en="equity pledges in force",
        formula=count("equity_pledge", where=(IN_FORCE,)),
    ),
    _public(
        name="equity_pledged_open_log",
        zh="有效出质股权数额",
        en="equity pledged now",
        unit="log_cny",
        formula=log1p(total("equity_pledge", "amount_cny", where=(IN_FORCE,))),
    ),
    _public(
        name="chattel_mortgages_open",
        zh="有效动产抵押笔数",
        en="chattel mortgages in force",
        formula=count("chattel_mortgage", where=(IN_FORCE,)),
    ),
    _public(
        name="chattel_secured_open_log",
        zh="有效动产抵押担保债权数额",
        en="debt secured by chattels now",
        unit="log_cny",
        formula=log1p(total("chattel_mortgage", "secured_cny", where=(IN_FORCE,))),
    ),
    _moves("shareholder", "股东", "shareholders", role=_SHAREHOLDER, within=12),
    _moves("shareholder", "股东", "shareholders", role=_SHAREHOLDER, within=36),
    _moves("officer", "董监高", "officers", role=_OFFICER, within=12),
    _moves("officer", "董监高", "officers", role=_OFFICER, within=36),
    _announced("capital_reductions", "减资", "a capital reduction", kinds=("capital_reduction",)),
    _announced(
        "dissolutions",
        "解散清算",
        "dissolution or liquidation",
        kinds=("dissolution", "liquidation"),
    ),
    _announced(
        "simplified_deregistrations",
        "简易注销",
        "simplified deregistration",
        kinds=("simplified_deregistration",),
    ),
    _row(
        name="impersonation_announcements_36m",
        zh="近36个月涉嫌冒名登记公告数",
        en="announcements of a suspected registration under a false name, 36 months",
        sign=1,
        basis="市场主体登记管理条例实施细则第五十二条；" + BASIS_DYNAMICS,
        formula=count(
            "announcement",
            within=36,
            where=(
                equals(
                    "announcement_kind",
                    "suspected_impersonation",
                    zh="涉嫌冒名登记",
                    en="suspected impersonation",
                ),
            ),
        ),
    ),
    _renewal(
        name="late_licence_renewals_60m",
        zh="近60个月许可证到期后才续证次数",
        en="licences renewed after they had ended, 60 months",
        formula=count("licence_event", within=60, where=(LATE_RENEWAL,)),
    ),
)
