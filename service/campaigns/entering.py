"""Results as inspectors enter them at one enterprise: all of them, or every fault at once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

import law
from features.folders import hold
from features.messages import Message
from law.errors import XinhengError
from scoring.double_random.results_table import SEVERITIES, check_results, make_results
from scoring.double_random.visits import Act, Entry, check_entry, conclude, next_act, rows_of
from scoring.errors import ResultsError, refuse
from service.campaigns.errors import ResultsChangedError
from service.campaigns.results import result_rules
from service.campaigns.visit_files import write_journal
from service.campaigns.visits import RoundVisits, open_visits
from service.clock import office_day


def enter_result(campaigns_dir: Path, round_id: str, entry: Entry, *, now: datetime) -> Act:
    """Enter or correct one result; see :func:`enter_results`."""
    return enter_results(campaigns_dir, round_id, [entry], now=now)[0]


def enter_results(
    campaigns_dir: Path,
    round_id: str,
    entries: Sequence[Entry],
    *,
    now: datetime,
    conclusion: str | None = None,
    told_before: Sequence[Message] = (),
) -> list[Act]:
    """Enter or correct results of one enterprise; what stood before stays in the journal.

    First entries and corrections become an act each. `conclusion` is the one that the inspector
    gives for the whole visit: it must follow from the results of all items, and be blank while
    some are missing; None where nobody was asked. `told_before` are faults of what was typed: they
    are told with the others.

    Raises
    ------
    ResultsChangedError
        An item has another result and its entry gives no reason for a correction.
    scoring.errors.ResultsError
        Not this person's to enter, or faulty; every fault at once.
    """
    today = office_day(now.replace(tzinfo=None))
    with hold(campaigns_dir):
        visits = open_visits(campaigns_dir, round_id, today=today)
        tables = _read_entries(visits, entries, conclusion=conclusion, told_before=told_before)
        acts = _make_acts(visits, entries, tables, now=now)
        write_journal(visits.folder, acts, round_id=round_id)
    return acts[len(visits.acts) :]


def _read_entries(
    visits: RoundVisits,
    entries: Sequence[Entry],
    *,
    conclusion: str | None,
    told_before: Sequence[Message],
) -> list[pa.Table]:
    """A table of results for each entry, all of them checked together."""
    tables: list[pa.Table] = []
    faults: list[XinhengError] = [ResultsError(one.zh, one.en) for one in told_before]
    for entry in entries:
        try:
            tables.append(_read_entry(visits, entry))
        except XinhengError as error:
            faults.append(error)
    if tables:
        try:
            rules = result_rules(visits.folder, latest_day=visits.board.today)
            check_results(pa.concat_tables(tables), rules)
        except ResultsError as error:
            faults.append(error)
    if conclusion is not None and entries:
        faults += _conclusion_faults(visits, entries, conclusion, has_faults=bool(faults))
    _raise(faults)
    return tables


def _make_acts(
    visits: RoundVisits, entries: Sequence[Entry], tables: Sequence[pa.Table], *, now: datetime
) -> list[Act]:
    """The journal with an act for the first entries and one for the corrections."""
    acts = list(visits.acts)
    pairs = list(zip(entries, tables, strict=True))
    for reason in dict.fromkeys(entry.correction.strip() for entry in entries):
        rows = [table for entry, table in pairs if entry.correction.strip() == reason]
        acts.append(
            next_act(
                acts,
                round_id=visits.standing.plan.round,
                kind="corrected" if reason else "entered",
                at=now,
                by=entries[0].by,
                reason=reason,
                rows=rows_of(pa.concat_tables(rows)),
            )
        )
    return acts


def _raise(faults: Sequence[XinhengError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    refuse(ResultsError, [Message(one.zh, one.en) for one in faults])


def _read_entry(visits: RoundVisits, entry: Entry) -> pa.Table:
    items, round_id = visits.board.items, visits.standing.plan.round
    item = check_entry(entry, items, teams=visits.teams, units=visits.units)
    at = (items["enterprise_id"] == entry.enterprise_id) & (items["item"] == item)
    standing = items[at].iloc[0]
    has_result = pd.notna(standing["entered_on"])
    if has_result and not entry.correction.strip():
        raise ResultsChangedError(round_id, [f"{entry.enterprise_id}/{item}"])
    if entry.correction.strip() and not has_result:
        raise ResultsError(
            f"{entry.enterprise_id} 的「{item}」还没有结果，无须更正",
            f"{entry.enterprise_id} has no result for {item!r} yet: nothing to correct",
        )
    # A correction by somebody else of the department does not change who made the visit.
    team = standing["inspectors"] if has_result else visits.teams[entry.enterprise_id]
    row = {
        "enterprise_id": entry.enterprise_id,
        "item": item,
        "result_code": entry.result_code,
        "completed_on": entry.completed_on,
        "inspectors": tuple(team),
        "is_unfulfilled": entry.is_unfulfilled,
        "reason": entry.reason.strip() or None,
        **dict(zip(SEVERITIES, entry.findings, strict=True)),
        "attachments": entry.attachments,
    }
    return make_results(pd.DataFrame([row], dtype=object), round_id=round_id)


def _conclusion_faults(
    visits: RoundVisits, entries: Sequence[Entry], conclusion: str, *, has_faults: bool
) -> list[ResultsError]:
    """Faults of the conclusion that the inspector gives, beside those of the results."""
    items = visits.board.items
    mine = items[items["enterprise_id"] == entries[0].enterprise_id].set_index("item")
    codes = {str(item): code for item, code in mine["result_code"].items()}
    codes |= {entry.item: entry.result_code for entry in entries}
    known = law.codes("inspection_results")
    follows = conclude([code if code in known else None for code in codes.values()])
    if conclusion == follows or (not follows and has_faults):
        return []
    named = law.codes("inspection_conclusions")
    if not follows:
        missing = "、".join(item for item, code in codes.items() if code not in known)
        return [
            ResultsError(
                f"还有事项没有结果（{missing}），不能作出总体结论；请留空",
                f"no overall conclusion while items lack a result ({missing}); leave it blank",
            )
        ]
    return [
        ResultsError(
            f"总体结论应与各事项结果一致，为「{named[follows].zh}」；"
            f"所填为「{named[conclusion].zh if conclusion in named else conclusion or '空'}」",
            f"the overall conclusion follows from the results: {named[follows].en}; given:"
            f" {named[conclusion].en if conclusion in named else conclusion or 'none'}",
        )
    ]
