"""Visits of a drawn round on disk: the journal of what was entered, and what follows from it.

``<round>/visits/journal.jsonl`` holds every act. ``<round>/results.parquet`` is what stands now,
derived from it, for estimates and training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from features.folders import hold
from features.intake import ImportReport, get_mapping, load_mappings
from law.files import write_atomically
from scoring.double_random.campaign import DRAW, library_rows
from scoring.double_random.changes import Standing
from scoring.double_random.documents import DrawRecord
from scoring.double_random.results_table import check_results, make_results
from scoring.double_random.tables import INSPECTORS, read_table
from scoring.double_random.visits import (
    SOURCE,
    Act,
    Board,
    Entry,
    ItemKey,
    check_entry,
    due_items,
    find_follow_ups,
    items_to_publish,
    make_board,
    next_act,
    published_days,
    results_of,
    returned_file,
    rows_of,
)
from scoring.errors import ResultsError
from service.campaigns.changes import load_changes, load_standing
from service.campaigns.errors import NothingEnteredError, ResultsChangedError
from service.campaigns.operations import load_list
from service.campaigns.results import drawn_folder, read_selected, result_rules
from service.campaigns.store import read_files
from service.campaigns.visit_files import load_acts, write_journal
from service.clock import office_day
from service.pipeline.operations import FileToImport, import_one
from service.settings import Settings


@dataclass(frozen=True)
class RoundVisits:
    """A round on one day: its board, its acts, and who is who.

    `objects` has name, address and area by enterprise; `teams` who visits (for a replaced
    enterprise, who was to); `people` the roster by inspector (name, unit).
    """

    standing: Standing
    acts: Sequence[Act]
    board: Board
    objects: dict[str, dict[str, str]]
    teams: dict[str, tuple[str, ...]]
    people: pd.DataFrame
    folder: Path

    @property
    def units(self) -> dict[str, str]:
        """Department by inspector."""
        return {str(person): str(unit) for person, unit in self.people["unit"].items()}

    def follow_ups(self) -> pd.DataFrame:
        """What the results call for; see `find_follow_ups`."""
        return find_follow_ups(self.board.items)


def open_visits(campaigns_dir: Path, round_id: str, *, today: date) -> RoundVisits:
    """A drawn round as it stands on a day.

    Raises
    ------
    UnknownRoundError
        No such round; its subclass RoundNotDrawnError when it is not drawn yet.
    scoring.errors.ScoringError
        A change or the journal is not what was written.
    """
    folder = drawn_folder(campaigns_dir, round_id)
    standing = load_standing(campaigns_dir, round_id)
    acts = load_acts(folder)
    listed = load_list(campaigns_dir, round_id)["objects"]
    due = due_items(standing.plan, listed, load_changes(folder))
    board = make_board(
        due,
        results_of(acts, round_id=round_id),
        published_days(acts),
        task_to=standing.plan.task_to,
        today=today,
    )
    former = {uscc: tuple(sorted(team)) for uscc, team in standing.former.items()}
    files = read_files(folder)
    return RoundVisits(
        standing=standing,
        acts=acts,
        board=board,
        objects=library_rows(files, due["enterprise_id"].unique().tolist()),
        teams={**former, **standing.teams},
        people=read_table(files[INSPECTORS.file], INSPECTORS).set_index("inspector_id"),
        folder=folder,
    )


def enter_result(campaigns_dir: Path, round_id: str, entry: Entry, *, now: datetime) -> Act:
    """Enter or correct one result; the one before stays in the journal.

    Raises
    ------
    ResultsChangedError
        The item has another result and `entry` gives no reason for a correction.
    scoring.errors.ResultsError
        Not this person's to enter, or faulty; every fault at once.
    """
    today = office_day(now.replace(tzinfo=None))
    with hold(campaigns_dir):
        visits = open_visits(campaigns_dir, round_id, today=today)
        items = visits.board.items
        item = check_entry(entry, items, teams=visits.teams, units=visits.units)
        at = (items["enterprise_id"] == entry.enterprise_id) & (items["item"] == item)
        standing = items[at].iloc[0]
        _refuse_standing(
            entry, item, has_result=pd.notna(standing["entered_on"]), round_id=round_id
        )
        new = _as_results(entry, item, round_id=round_id, visits=visits, standing=standing)
        check_results(new, result_rules(visits.folder, latest_day=today))
        act = next_act(
            visits.acts,
            round_id=round_id,
            kind="corrected" if entry.correction else "entered",
            at=now,
            by=entry.by,
            reason=entry.correction,
            rows=rows_of(new),
        )
        write_journal(visits.folder, [*visits.acts, act], round_id=round_id)
    return act


def record_publication(
    campaigns_dir: Path,
    round_id: str,
    *,
    by: str,
    published_on: date,
    now: datetime,
    enterprises: Sequence[str] = (),
) -> tuple[RoundVisits, list[ItemKey]]:
    """Record that finished results of the department of `by` were put on the publicity system.

    Returns the round before it, and the items that are now published; none where none waited.

    Raises
    ------
    scoring.errors.ResultsError
        `by` is not on the roster, the day lies in the future or before a check, or an enterprise
        named has nothing to publish.
    """
    today = office_day(now.replace(tzinfo=None))
    with hold(campaigns_dir):
        visits = open_visits(campaigns_dir, round_id, today=today)
        if by not in visits.units:
            raise ResultsError(f"{by} 不在本轮名录", f"{by} is not on the round's roster")
        keys = items_to_publish(visits.board.items, unit=visits.units[by], enterprises=enterprises)
        _refuse_day(visits.board.items, keys, published_on=published_on, today=today)
        if keys:
            act = next_act(
                visits.acts,
                round_id=round_id,
                kind="published",
                at=now,
                by=by,
                published=keys,
                published_on=published_on,
            )
            write_journal(visits.folder, [*visits.acts, act], round_id=round_id)
    return visits, keys


def write_returned(campaigns_dir: Path, round_id: str, *, today: date) -> tuple[Path, int]:
    """Write the round's results in the layout of a department's file; returns path and rows.

    Raises
    ------
    NothingEnteredError
        No item has a result yet.
    """
    visits = open_visits(campaigns_dir, round_id, today=today)
    draw = DrawRecord.read((visits.folder / DRAW).read_bytes(), name=DRAW)
    content, rows = returned_file(
        visits.standing.plan, draw, visits.board.items, read_selected(visits.folder)
    )
    if not rows:
        raise NothingEnteredError(round_id)
    path = visits.folder / "visits" / f"本系统_双随机检查结果_{round_id}.csv"
    write_atomically(path, content)
    return path, rows


def return_to_archive(settings: Settings, round_id: str, *, today: date) -> ImportReport:
    """Import the round's results as records of inspections, by the ordinary intake.

    Sent again, unchanged results add nothing and corrected ones become new versions.
    """
    path, _ = write_returned(settings.campaigns_dir, round_id, today=today)
    return import_one(FileToImport(path, get_mapping(SOURCE, load_mappings())), settings)


def _refuse_standing(entry: Entry, item: str, *, has_result: bool, round_id: str) -> None:
    if has_result and not entry.correction:
        raise ResultsChangedError(round_id, [f"{entry.enterprise_id}/{item}"])
    if entry.correction and not has_result:
        raise ResultsError(
            f"{entry.enterprise_id} 的「{item}」还没有结果，无须更正",
            f"{entry.enterprise_id} has no result for {item!r} yet: nothing to correct",
        )


def _as_results(
    entry: Entry, item: str, *, round_id: str, visits: RoundVisits, standing: pd.Series
) -> pa.Table:
    # A correction by somebody else of the department does not change who made the visit.
    team = standing["inspectors"] if entry.correction else visits.teams[entry.enterprise_id]
    row = {
        "enterprise_id": entry.enterprise_id,
        "item": item,
        "result_code": entry.result_code,
        "completed_on": entry.completed_on,
        "inspectors": tuple(team),
        "is_unfulfilled": entry.is_unfulfilled,
        "reason": entry.reason.strip() or None,
    }
    return make_results(pd.DataFrame([row], dtype=object), round_id=round_id)


def _refuse_day(
    items: pd.DataFrame, keys: Sequence[ItemKey], *, published_on: date, today: date
) -> None:
    pairs = pd.MultiIndex.from_tuples([(key.enterprise_id, key.item) for key in keys] or [("", "")])
    chosen = items[pd.MultiIndex.from_frame(items[["enterprise_id", "item"]]).isin(pairs)]
    early = chosen[chosen["completed_on"].map(lambda day: day > published_on)]
    if published_on > today or len(early):
        raise ResultsError(
            f"公示日期 {published_on} 不能晚于今天 {today}，也不能早于检查完成日期",
            f"the day of publication, {published_on}, is after today, {today}, or before the check",
        )
