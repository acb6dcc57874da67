"""What people do with the key-supervision list: the command line and the console call the same."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import law
from features.folders import hold
from features.messages import Message
from law.calendar import add_months
from law.files import write_atomically
from scoring.errors import KeySupervisionError
from scoring.key_supervision import (
    CONFIRM,
    KEEP,
    LEAVE,
    NOTIFY,
    REJECT,
    SERVE,
    Act,
    KeyObject,
    append_acts,
    fold,
    notice_page,
    read_acts,
)
from service.clock import office_day
from service.settings import Settings

_NOTICES = "notices"


def objects_of(settings: Settings) -> dict[str, KeyObject]:
    """Every object that was ever proposed, by its enterprise."""
    return fold(read_acts(settings.key_supervision_dir))


def confirm(
    settings: Settings,
    enterprise_ids: Iterable[str],
    *,
    by: str,
    reason: str,
    office: str,
    measures: str = "",
    at: datetime,
) -> list[Act]:
    """Put objects on the list, together the next edition; reviewed when the law says.

    Raises
    ------
    KeySupervisionError
        All faults at once; see :func:`scoring.key_supervision.append_acts`.
    """
    today = office_day(at)
    act = Act(
        CONFIRM,
        "",
        today,
        by.strip(),
        reason=reason.strip(),
        office=office.strip(),
        measures=measures.strip() or usual_measures(settings, on=today),
        review_on=_next_review(settings, today),
    )
    return _append(settings, act, enterprise_ids, at=at)


def usual_measures(settings: Settings, *, on: date) -> str:
    """监管措施 of a confirmation that names none."""
    visits = _law(settings, "measures.key_supervision_visits", on=on)
    return f"列入年度检查计划，每年检查 {visits} 次（不超过年度上限）"


def reject(
    settings: Settings, enterprise_ids: Iterable[str], *, by: str, reason: str, at: datetime
) -> list[Act]:
    """Turn proposals down.

    Raises
    ------
    KeySupervisionError
    """
    act = Act(REJECT, "", office_day(at), by.strip(), reason=reason.strip())
    return _append(settings, act, enterprise_ids, at=at)


def review(
    settings: Settings,
    enterprise_ids: Iterable[str],
    *,
    stays: bool,
    by: str,
    reason: str,
    at: datetime,
) -> list[Act]:
    """Review objects: they stay until the next review, or leave, together the next edition.

    Raises
    ------
    KeySupervisionError
    """
    today = office_day(at)
    review_on = _next_review(settings, today) if stays else None
    kind = KEEP if stays else LEAVE
    act = Act(kind, "", today, by.strip(), reason=reason.strip(), review_on=review_on)
    return _append(settings, act, enterprise_ids, at=at)


def notify(
    settings: Settings, enterprise_ids: Iterable[str], *, by: str, at: datetime
) -> list[Act]:
    """Make a numbered notice for each object on the list.

    Raises
    ------
    KeySupervisionError
    """
    made = _append(settings, Act(NOTIFY, "", office_day(at), by.strip()), enterprise_ids, at=at)
    for act in made:
        notice_file(settings, act.notice_no)
    return made


def notice_file(settings: Settings, notice_no: str) -> Path:
    """The notice as it was made; made now where the process that numbered it was killed.

    Raises
    ------
    KeySupervisionError
        There is no notice of that number.
    """
    folder = settings.key_supervision_dir
    path = folder / _NOTICES / f"{notice_no}.html"
    acts = read_acts(folder)
    act = _notice(acts, notice_no)
    if not path.is_file():
        then = fold(acts[: acts.index(act) + 1])[act.enterprise_id]
        page = notice_page(then, notice_no=notice_no, day=act.on.isoformat())
        with hold(folder):
            write_atomically(path, page)
    return path


def record_service(
    settings: Settings,
    notice_no: str,
    *,
    by: str,
    method: str,
    receiver: str,
    on: date | None = None,
    at: datetime,
) -> Act:
    """Record how a notice was served, and to whom; without a day it was today.

    Raises
    ------
    KeySupervisionError
    """
    today, folder = office_day(at), settings.key_supervision_dir
    made, day = _notice(read_acts(folder), notice_no), on or today
    fault = Message(
        f"送达日期 {day} 须在制作日 {made.on} 和今天 {today} 之间",
        f"the day of service {day} must lie between {made.on} and today, {today}",
    )
    act = Act(
        SERVE,
        made.enterprise_id,
        day,
        by.strip(),
        notice_no=notice_no,
        method=method.strip(),
        receiver=receiver.strip(),
    )
    faults = [] if made.on <= day <= today else [fault]
    return append_acts(folder, [act], at=at, told_before=faults)[0]


def _append(
    settings: Settings, act: Act, enterprise_ids: Iterable[str], *, at: datetime
) -> list[Act]:
    acts = [replace(act, enterprise_id=one) for one in dict.fromkeys(enterprise_ids)]
    nobody = Message(
        "没有选定企业：请先选定，或先运行 xinheng key-supervision propose",
        "nobody was chosen: choose first, or run: xinheng key-supervision propose",
    )
    return append_acts(
        settings.key_supervision_dir, acts, at=at, told_before=[] if acts else [nobody]
    )


def _notice(acts: list[Act], notice_no: str) -> Act:
    made = [act for act in acts if act.act == NOTIFY and act.notice_no == notice_no]
    if not made:
        raise KeySupervisionError(
            f"没有告知书“{notice_no}”；先运行 xinheng key-supervision notify",
            f'there is no notice "{notice_no}"; run first: xinheng key-supervision notify',
        )
    return made[0]


def _next_review(settings: Settings, today: date) -> date:
    return add_months(today, _law(settings, "measures.key_supervision_review_months", on=today))


def _law(settings: Settings, name: str, *, on: date) -> int:
    found: int = law.value(name, on=on, region=settings.region, overlay=settings.law_overlay)
    return found
