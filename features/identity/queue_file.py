"""The confirmation queue as an Excel file that an official fills in and hands back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from features.errors import IdentityError
from features.identity.deciding import Verdict
from features.messages import Message
from features.workbook import Sheet, workbook_bytes

ACCEPT, REJECT = "采用", "不采用"
_SHEET, _UNMATCHED = "待确认", "未匹配"
_DECISION, _ID, _CODE, _SCORE, _REASON = "决定", "临时编号", "候选代码", "得分", "理由"
_COLUMNS = {
    "temporary_id": _ID,
    "name": "名称",
    "address": "地址",
    "registration_no": "注册号",
    "uscc": "所填代码",
    "event_on": "最早日期",
    "rows": "行数",
    "rank": "名次",
    "enterprise_id": _CODE,
    "candidate_name": "候选名称",
    "candidate_address": "候选地址",
    "status": "候选状态",
    "score": _SCORE,
    "reasons_zh": "依据",
}
_UNMATCHED_COLUMNS = ("temporary_id", "name", "address", "registration_no", "uscc", "event_on")
_STATUS = {
    "active": "在营",
    "dormant": "歇业",
    "revoked": "吊销",
    "annulled": "撤销",
    "deregistered": "注销",
    "moved_out": "迁出",
}


def queue_workbook(queue: pd.DataFrame, unmatched: pd.DataFrame) -> bytes:
    """Two sheets with a column for the decision: candidates, and rows without any.

    In both, an official writes 采用 or 不采用; in the second, with a code of their own finding.
    """
    told = queue.assign(status=queue["status"].map(_STATUS)) if len(queue) else queue
    rows = told.reindex(columns=list(_COLUMNS))
    alone = unmatched.reindex(columns=list(_UNMATCHED_COLUMNS))
    widths = {
        "名称": 28,
        "地址": 32,
        "候选名称": 28,
        "候选地址": 32,
        "依据": 36,
        _ID: 28,
        _CODE: 22,
    }
    sheets = [
        Sheet(_SHEET, [_DECISION, *_COLUMNS.values(), _REASON], _filled(rows), widths),
        Sheet(
            _UNMATCHED,
            [_DECISION, *(_COLUMNS[name] for name in _UNMATCHED_COLUMNS), _CODE, _REASON],
            _filled(alone),
            widths,
        ),
    ]
    return workbook_bytes(sheets)


def read_verdicts(path: Path) -> list[Verdict]:
    """The decided rows of a filled-in queue; rows without a decision are left for later.

    Raises
    ------
    IdentityError
        The file is no such workbook, or rows are at fault; all of them are named.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        pages = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise IdentityError(
            f"“{path.name}”不是可读的 Excel 文件（{error}）；"
            "请用 xinheng identity queue --out 导出",
            f'"{path.name}" is no readable Excel file ({error}); export one with xinheng identity '
            "queue --out",
        ) from error
    verdicts: list[Verdict] = []
    faults: list[Message] = []
    for name in (page for page in (_SHEET, _UNMATCHED) if page in pages):
        _read_page(pages[name], sheet=name, verdicts=verdicts, faults=faults)
    if not verdicts and not faults:
        faults.append(
            Message(
                f"“{path.name}”的“{_DECISION}”列没有填写；请填 {ACCEPT} 或 {REJECT}",
                f'"{path.name}": nothing is written under {_DECISION}; write {ACCEPT} or {REJECT}',
            )
        )
    if faults:
        raise IdentityError(
            "未作任何更改：\n  " + "\n  ".join(fault.zh for fault in faults),
            "nothing was changed:\n  " + "\n  ".join(fault.en for fault in faults),
        )
    return verdicts


def _read_page(
    rows: Sequence[Sequence[Any]],
    *,
    sheet: str,
    verdicts: list[Verdict],
    faults: list[Message],
) -> None:
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    missing = [name for name in (_DECISION, _ID, _CODE) if name not in header]
    if missing:
        listed = "、".join(missing)
        faults.append(
            Message(f"工作表“{sheet}”缺少列：{listed}", f'sheet "{sheet}" lacks columns: {listed}')
        )
        return
    for number, cells in enumerate(rows[1:], start=2):
        row = {name: str(cell).strip() for name, cell in zip(header, cells, strict=False)}
        decision, code = row[_DECISION], row[_CODE]
        place = f"{sheet} {number}"
        if not decision:
            continue
        if decision not in (ACCEPT, REJECT):
            faults.append(
                Message(
                    f"{place}：“{decision}”应为 {ACCEPT} 或 {REJECT}",
                    f'{place}: "{decision}" must be {ACCEPT} or {REJECT}',
                )
            )
        elif decision == ACCEPT and not code:
            faults.append(
                Message(f"{place}：采用须填写{_CODE}", f"{place}: to accept, fill in {_CODE}")
            )
        else:
            verdicts.append(
                Verdict(
                    temporary_id=row[_ID],
                    enterprise_id=code or None,
                    accepted=decision == ACCEPT,
                    score=_number(row.get(_SCORE, "")),
                    reason=row.get(_REASON) or None,
                    place=place,
                )
            )


def _filled(frame: pd.DataFrame) -> list[list[Any]]:
    """Rows with an empty decision before them; a missing value is an empty cell."""
    plain = frame.astype(object).where(frame.notna(), None)
    if pd.api.types.is_datetime64_any_dtype(frame["event_on"]):
        plain["event_on"] = (
            frame["event_on"].dt.strftime("%Y-%m-%d").where(frame["event_on"].notna(), None)
        )
    return [["", *row] for row in plain.itertuples(index=False)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
