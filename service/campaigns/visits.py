"""Visits of a drawn round on disk: the journal of what was entered, and what follows from it.

``<round>/visits/journal.jsonl`` holds every act. ``<round>/results.parquet`` is what stands now,
derived from it, for estimates and training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from features.folders import hold
from features.intake import ImportReport, get_mapping, load_mappings
from features.messages import Message
from law.files import write_atomically
from scoring.double_random.campaign import DRAW, library_rows
from scoring.double_random.changes import Standing
from scoring.double_random.documents import DrawRecord
from scoring.double_random.tables import INSPECTORS, read_table
from scoring.double_random.visits import (
    SOURCE,
    Act,
    Board,
    FollowUpKey,
    ItemKey,
    due_items,
    find_follow_ups,
    follow_ups_to_tick,
    followed_days,
    items_to_publish,
    make_board,
    next_act,
    published_days,
    results_of,
    returned_file,
)
from scoring.errors import ResultsError, refuse
from service.campaigns.changes import load_changes, load_standing
from service.campaigns.errors import NothingEnteredError
from service.campaigns.operations import load_list
from service.campaigns.results import drawn_folder, read_selected
from service.campaigns.store import read_files
from service.campaigns.visit_files import load_acts, write_journal
from service.clock import office_day
from service.pipeline.filing import FileToImport, import_one
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
        done = followed_days(self.acts)
        return find_follow_ups(self.board.items, done, today=self.board.today)

    def unit_of(self, person: str) -> str:
        """Department of somebody on the round's roster.

        Raises
        ------
        scoring.errors.ResultsError
            Nobody of that id is on it.
        """
        if person not in self.units:
            raise ResultsError(f"{person} 不在本轮名录", f"{person} is not on the round's roster")
        return self.units[person]


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
        unit = visits.unit_of(by)
        keys = items_to_publish(visits.board.items, unit=unit, enterprises=enterprises)
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


def tick_follow_ups(
    campaigns_dir: Path,
    round_id: str,
    enterprise_id: str,
    *,
    by: str,
    done_on: date,
    note: str,
    now: datetime,
    item: str = "",
    action: str = "",
) -> list[FollowUpKey]:
    """Record that what a result called for (list, order, case ...) was done on a day, and by whom.

    `note` tells where it stands, for instance the number of the order. Returns what is now done.

    Raises
    ------
    scoring.errors.ResultsError
        With every fault: not this department's or nothing open, no note, a day before the check or
        in the future.
    """
    today = office_day(now.replace(tzinfo=None))
    with hold(campaigns_dir):
        visits = open_visits(campaigns_dir, round_id, today=today)
        found = visits.follow_ups()
        keys = follow_ups_to_tick(
            found, unit=visits.unit_of(by), enterprise_id=enterprise_id, item=item, action=action
        )
        is_ticked = found["item"].isin([key.item for key in keys])
        is_ticked &= found["enterprise_id"] == enterprise_id
        checked = found.loc[is_ticked, "completed_on"].max()
        faults = []
        if not note.strip():
            faults.append(
                Message("须写明办理情况，例如文书号", "say what was done, such as its number")
            )
        if not checked <= done_on <= today:
            faults.append(
                Message(
                    f"办理日期 {done_on} 应在检查日 {checked} 与今天 {today} 之间",
                    f"the day, {done_on}, must lie between the check, {checked}, and {today}",
                )
            )
        refuse(ResultsError, faults)
        act = next_act(
            visits.acts,
            round_id=round_id,
            kind="followed",
            at=now,
            by=by,
            reason=note,
            followed=keys,
            followed_on=done_on,
        )
        write_journal(visits.folder, [*visits.acts, act], round_id=round_id)
    return keys


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
