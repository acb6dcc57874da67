"""Publication pack and itinerary of a drawn round, written whole."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from law.calendar import is_working_day
from law.files import write_atomically
from scoring.double_random.campaign import LIST, library_rows
from scoring.double_random.changes import Standing
from scoring.double_random.documents import Count, Document
from scoring.double_random.itinerary import Stop, hilbert_positions, itinerary_workbook, plan_days
from scoring.double_random.publication import make_pack, open_row
from scoring.double_random.tables import COORDINATES, INSPECTORS, canonical_table, read_table
from scoring.double_random.verification import MANIFEST
from service.campaigns.changes import load_standing
from service.campaigns.errors import HandInMissingError, PackFolderError, RoundNotDrawnError
from service.campaigns.store import create_folder, existing_folder, read_files

VISITS_A_DAY = 4
_CHOICES, _CHOICE = "visits", "itinerary.json"


class Itinerary(Document):
    """What an office chose for a round's days; coordinates lie beside it."""

    version: Literal["xinheng-itinerary/1"]
    per_day: Count


def write_pack(campaigns_dir: Path, round_id: str, out: Path, *, guarded: bool) -> list[str]:
    """Write the publication pack of a drawn round to a new folder; returns its file names.

    Raises
    ------
    RoundNotDrawnError, RoundNotFrozenError, UnknownRoundError
        There is nothing to publish.
    PackFolderError
        The folder is there already.
    """
    pack = make_pack(_drawn_files(campaigns_dir, round_id), guarded=guarded)
    if out.exists():
        raise PackFolderError(out)
    try:
        create_folder(out, pack)
    except FileExistsError:
        raise PackFolderError(out) from None
    return sorted(pack)


def open_enterprise(campaigns_dir: Path, round_id: str, uscc: str) -> dict[str, Any]:
    """What opens the leaf of one enterprise of a frozen round; holds its stratum.

    Raises
    ------
    RoundNotFrozenError, UnknownRoundError
        The round has no frame yet.
    scoring.errors.EvidenceError
        The enterprise does not stand in the frame.
    """
    return open_row(read_files(existing_folder(campaigns_dir, round_id)), uscc)


def write_itinerary(
    campaigns_dir: Path, round_id: str, out: Path, *, per_day: int, coordinates: Path | None
) -> list[Stop]:
    """Write the list per inspector and day, changes carried out, as Excel or CSV by its ending.

    `per_day` and coordinates are kept beside the results, so that inspectors see the same days.

    Raises
    ------
    RoundNotDrawnError, RoundNotFrozenError, UnknownRoundError, HandInMissingError
        There is no such round or file.
    scoring.errors.ScoringError
        The days don't hold the visits; the coordinates can't be read.
    """
    files = _drawn_files(campaigns_dir, round_id)
    standing = load_standing(campaigns_dir, round_id)
    choice = Itinerary(version="xinheng-itinerary/1", per_day=per_day)
    places = _read_coordinates(coordinates)
    stops = _plan_stops(standing, choice, places)
    kept = existing_folder(campaigns_dir, round_id) / _CHOICES
    kept.mkdir(exist_ok=True)
    write_atomically(kept / COORDINATES.file, canonical_table(places))
    write_atomically(kept / _CHOICE, choice.to_bytes())
    roster = read_table(files[INSPECTORS.file], INSPECTORS)
    names = dict(zip(roster["inspector_id"], roster["name"], strict=True))
    if out.suffix.lower() == ".csv":
        content = _csv(stops)
    else:
        content = itinerary_workbook(stops, _described(files, standing.teams, names), names)
    write_atomically(out, content)
    return stops


def planned_stops(campaigns_dir: Path, standing: Standing) -> list[Stop]:
    """The days of a round's visits as they now stand, by the choices of its last itinerary.

    Raises
    ------
    scoring.errors.PlanError
        The days don't hold the visits.
    """
    folder = existing_folder(campaigns_dir, standing.plan.round) / _CHOICES
    choice, places = Itinerary(version="xinheng-itinerary/1", per_day=VISITS_A_DAY), None
    if (folder / _CHOICE).is_file():
        choice = Itinerary.read((folder / _CHOICE).read_bytes(), name=_CHOICE)
        places = folder / COORDINATES.file
    return _plan_stops(standing, choice, _read_coordinates(places))


def _plan_stops(standing: Standing, choice: Itinerary, places: pd.DataFrame) -> list[Stop]:
    visits = [(standing.objects[uscc].ticket, uscc, team) for uscc, team in standing.teams.items()]
    return plan_days(
        visits,
        _working_days(standing.plan.task_from, standing.plan.task_to),
        per_day=choice.per_day,
        positions=hilbert_positions(places),
    )


def _drawn_files(campaigns_dir: Path, round_id: str) -> dict[str, bytes]:
    folder = existing_folder(campaigns_dir, round_id)
    if not (folder / MANIFEST).exists():
        raise RoundNotDrawnError(round_id)
    return read_files(folder)


def _working_days(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if is_working_day(day).is_working]


def _read_coordinates(path: Path | None) -> pd.DataFrame:
    if path is None:
        return read_table(None, COORDINATES)
    if not path.is_file():
        raise HandInMissingError(path)
    return read_table(path.read_bytes(), COORDINATES)


def _described(
    files: dict[str, bytes], teams: dict[str, tuple[str, ...]], names: dict[str, str]
) -> dict[str, dict[str, str]]:
    objects = library_rows(files, list(teams))
    items = {e["uscc"]: "；".join(e["items"]) for e in json.loads(files[LIST])["objects"]}
    return {
        uscc: {
            **objects[uscc],
            "items": items.get(uscc, "（备选，事项同被替补企业）"),
            "team": "；".join(names[person] for person in team),
        }
        for uscc, team in teams.items()
    }


def _csv(stops: Sequence[Stop]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["inspector_id", "day", "order", "stop", "uscc"])
    writer.writerows(
        (stop.inspector_id, stop.day.isoformat(), stop.order, stop.stop, stop.uscc)
        for stop in stops
    )
    return sink.getvalue().encode("utf-8-sig")
