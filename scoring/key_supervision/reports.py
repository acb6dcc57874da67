"""The list, its changes and its log as Excel."""

from collections.abc import Mapping, Sequence
from typing import Any

import law
from features.workbook import Sheet, workbook_bytes
from scoring.key_supervision.register import ACTS_ZH, SERVE, Act, KeyObject

LIST_HEADERS = (
    "统一社会信用代码",
    "名称",
    "辖区",
    "监管事项",
    "列入原因",
    "监管主体",
    "监管措施",
    "依据",
    "列入日期",
    "版次",
    "复核期限",
    "送达日期",
)
LOG_HEADERS = (
    "日期",
    "行为",
    "统一社会信用代码",
    "经办人",
    "理由",
    "版次",
    "文号",
    "方式",
    "受送达人",
)
_WIDTHS = {
    "统一社会信用代码": 22,
    "名称": 34,
    "列入原因": 40,
    "监管措施": 34,
    "依据": 40,
    "理由": 40,
}


def list_row(one: KeyObject) -> list[Any]:
    """A row of :data:`LIST_HEADERS`; blank where nobody has confirmed yet."""
    matters, proposal = law.codes("matters"), one.proposal
    confirmation, served = one.confirmation, one.last(SERVE)
    return [
        proposal.enterprise_id,
        proposal.name,
        proposal.area_code,
        "、".join(matters[item].zh for item in proposal.items),
        "；".join(proposal.causes),
        confirmation.office if confirmation else "",
        confirmation.measures if confirmation else "",
        proposal.ground,
        confirmation.on if confirmation else None,
        confirmation.edition if confirmation else None,
        one.review_on,
        served.on if served else None,
    ]


def log_row(act: Act) -> list[Any]:
    """A row of :data:`LOG_HEADERS`."""
    return [
        act.on,
        ACTS_ZH[act.act],
        act.enterprise_id,
        act.by,
        act.reason,
        act.edition,
        act.notice_no,
        act.method,
        act.receiver,
    ]


def key_supervision_workbook(
    objects: Mapping[str, KeyObject], acts: Sequence[Act], *, edition: int
) -> bytes:
    """Sheets 清单 (those on the list), 待确认 (those proposed) and 办理记录 (every act)."""

    def rows(state: str) -> list[list[Any]]:
        return [list_row(one) for _, one in sorted(objects.items()) if one.state == state]

    return workbook_bytes(
        [
            Sheet(f"清单第{edition}版", LIST_HEADERS, rows("listed"), _WIDTHS),
            Sheet("待确认", LIST_HEADERS, rows("proposed"), _WIDTHS),
            Sheet("办理记录", LOG_HEADERS, [log_row(act) for act in acts], _WIDTHS),
        ]
    )
