"""The libraries on disk: ``libraries/<name>/edition-NNNN/`` with table, change log and record."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd

import law
from features.archive import open_archive
from features.folders import hold
from features.item_objects import find_objects, read_object_rule
from law.files import sha256_of
from scoring.double_random.campaign import DRAW
from scoring.double_random.documents import DrawRecord
from scoring.double_random.libraries import (
    FROZEN_RECORD,
    LIBRARIES,
    EditionRecord,
    FrozenLibraries,
    Held,
    HeldEdition,
    compare_editions,
    freeze_libraries,
    frozen_name,
    hand_in_tables,
    read_library,
    read_record,
)
from scoring.double_random.tables import canonical_table, listed, read_table
from scoring.double_random.verification import MANIFEST
from scoring.errors import LibraryError
from service.campaigns.errors import HandInMissingError, PackFolderError
from service.campaigns.store import create_folder, list_rounds
from service.pipeline.engines import open_engine
from service.settings import Settings

CHANGES, RECORD = "changes.csv", "record.json"
_FOLDER = re.compile(r"edition-(\d{4,})")


def confirm_edition(
    settings: Settings, name: str, path: Path, *, by: str, reason: str, now: datetime
) -> tuple[EditionRecord, bool]:
    """Make a handed-in table the next edition; returns its record, and whether it is new.

    Raises
    ------
    HandInMissingError
        There is no such file.
    scoring.errors.InputTableError, scoring.errors.LibraryError
        Faulty rows; nobody confirms it; rows were adjusted or deleted without a reason.
    """
    if not path.is_file():
        raise HandInMissingError(path)
    table = read_library(name, path.read_bytes())
    return _add_edition(settings, name, lambda: table, by=by, reason=reason, now=now)


def refresh_objects(
    settings: Settings, *, as_of: date, by: str, reason: str, now: datetime
) -> tuple[EditionRecord, bool]:
    """Find the objects of every item in the archive and make them the next edition."""
    with hold(_folder(settings, "items")):  # no item comes or goes between list and objects
        table = _objects_found(settings, as_of=as_of)
        told = "；".join(filter(None, (f"按 {as_of} 的信用档案更新", reason.strip())))
        return _add_edition(settings, "objects", lambda: table, by=by, reason=told, now=now)


def _objects_found(settings: Settings, *, as_of: date) -> pd.DataFrame:
    archive = open_archive(settings.archive_dir)
    parts = []
    with open_engine(settings) as engine:
        for row in load_library(settings, "items").to_dict("records"):
            rule, _ = read_object_rule(row["object_kinds"])
            found = find_objects(engine, archive, rule, as_of=as_of).to_pandas()
            parts.append(found.assign(item=row["item"]))
    columns = list(LIBRARIES["objects"].columns)
    table = pd.concat([pd.DataFrame(columns=columns), *parts])[columns].fillna("").astype("str")
    ordered: pd.DataFrame = table.sort_values(["item", "uscc"], ignore_index=True)
    return ordered


def list_library(settings: Settings, name: str) -> list[EditionRecord]:
    """The records of a library's editions, oldest first."""
    folder = _folder(settings, name)
    paths = sorted(folder.glob(f"edition-*/{RECORD}"), key=lambda path: path.parent.name)
    return [read_record(p.read_bytes()) for p in paths if _FOLDER.fullmatch(p.parent.name)]


def load_library(settings: Settings, name: str, number: int | None = None) -> pd.DataFrame:
    """The rows of an edition (the newest when unsaid); no rows where nothing was confirmed yet.

    Raises
    ------
    LibraryError
        There is no such edition, or its file was changed.
    """
    return _read_file(settings, name, number, LIBRARIES[name].file)


def load_changes(settings: Settings, name: str, number: int | None = None) -> pd.DataFrame:
    """What an edition changed: change, key, what."""
    return _read_file(settings, name, number, CHANGES)


def write_hand_in(
    settings: Settings, items: Sequence[str], out: Path, *, on: date
) -> Mapping[str, int]:
    """Write the tables of a plan to a new folder, with the editions they come from.

    Returns rows by file. The plan takes all of it into the round's evidence, which freezes it.

    Raises
    ------
    PackFolderError
        The folder is there already.
    LibraryError
        An item can't be drawn: everything that it lacks.
    """
    held = {name: _held(settings, name) for name in LIBRARIES}
    minimum = law.value("double_random.minimum_inspectors", on=on)
    tables = hand_in_tables(
        {name: one.table for name, one in held.items()}, items, on=on, minimum=minimum
    )
    files = {name: canonical_table(table) for name, table in tables.items()}
    files |= freeze_libraries(held, items, on=on, minimum=minimum, since=_last_drawn(settings))
    try:
        create_folder(out, files)
    except FileExistsError:
        raise PackFolderError(out) from None
    return {name: len(table) for name, table in tables.items()}


def retire_item(
    settings: Settings, item: str, *, by: str, reason: str, now: datetime
) -> EditionRecord:
    """Take an item off the list by a new edition; its record says who, when and why.

    Raises
    ------
    LibraryError
        The list does not have the item, or nobody confirms it or says why.
    """

    def rest() -> pd.DataFrame:
        table = load_library(settings, "items")
        if item not in set(table["item"]):
            raise LibraryError(
                f"事项清单没有「{item}」；现有：{listed(table['item'].tolist())}",
                f"The item list does not have {item!r}; it has: {listed(table['item'].tolist())}",
            )
        kept: pd.DataFrame = table[table["item"] != item]
        return kept

    return _add_edition(settings, "items", rest, by=by, reason=reason, now=now)[0]


def _held(settings: Settings, name: str) -> Held:
    records = list_library(settings, name)
    if not records:
        nothing = read_table(None, LIBRARIES[name])
        return Held(nothing, HeldEdition(number=0, confirmed_by="", confirmed_at=None, rows=0))
    newest = records[-1]  # the table is that edition's, whatever is confirmed meanwhile
    return Held(
        load_library(settings, name, newest.number),
        HeldEdition(
            number=newest.number,
            confirmed_by=newest.confirmed_by,
            confirmed_at=newest.confirmed_at,
            rows=newest.rows,
        ),
    )


def _last_drawn(settings: Settings) -> tuple[str, int, pd.DataFrame] | None:
    """The round that was drawn last from libraries, and the objects that it took."""
    drawn = [
        (DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW), folder)
        for folder in (
            settings.campaigns_dir / name for name in list_rounds(settings.campaigns_dir)
        )
        if (folder / MANIFEST).is_file() and (folder / FROZEN_RECORD).is_file()
    ]
    if not drawn:
        return None
    record, folder = max(drawn, key=lambda pair: pair[0].drawn_at)
    held = FrozenLibraries.read((folder / FROZEN_RECORD).read_bytes(), name=FROZEN_RECORD)
    objects = read_library("objects", (folder / frozen_name("objects")).read_bytes())
    return record.round, held.editions["objects"].number, objects


def _add_edition(
    settings: Settings,
    name: str,
    make: Callable[[], pd.DataFrame],
    *,
    by: str,
    reason: str,
    now: datetime,
) -> tuple[EditionRecord, bool]:
    """`make` runs under the lock: what it takes from the newest edition is still the newest."""
    folder = _folder(settings, name)
    with hold(folder):
        table = make()
        records = list_library(settings, name)
        before = load_library(settings, name)
        log, kept = compare_editions(before, table, key=LIBRARIES[name].key)
        if records and log.empty:
            return records[-1], False
        counts = log["change"].value_counts()
        _refuse_unconfirmed(by, reason, is_changed=bool(set(counts.index) - {"added"}))
        files = {
            LIBRARIES[name].file: canonical_table(table),
            CHANGES: canonical_table(log),
        }
        record = EditionRecord.model_validate(
            {
                "library": name,
                "number": len(records) + 1,
                "confirmed_by": by.strip(),
                "confirmed_at": now,
                "reason": reason.strip(),
                "rows": len(table),
                "kept": kept,
                **{one: int(counts.get(one, 0)) for one in ("added", "adjusted", "deleted")},
                "files": {one: hashlib.sha256(told).hexdigest() for one, told in files.items()},
            }
        )
        create_folder(folder / _name(record.number), {**files, RECORD: record.to_bytes()})
    return record, True


def _refuse_unconfirmed(by: str, reason: str, *, is_changed: bool) -> None:
    if not by.strip() or (is_changed and not reason.strip()):
        raise LibraryError(
            "须写明确认人（--by）；调整或取消须写明理由（--reason）；未作任何更改",
            "Say who confirms it (--by) and, for rows adjusted or deleted, why (--reason); nothing"
            " was changed",
        )


def _read_file(settings: Settings, name: str, number: int | None, file: str) -> pd.DataFrame:
    records = list_library(settings, name)
    if number is None and not records:
        return read_table(None, LIBRARIES[name])
    chosen = [one for one in records if number in (None, one.number)]
    if not chosen:
        raise LibraryError(
            f"{LIBRARIES[name].zh}没有第 {number} 版，现有 {len(records)} 版",
            f"There is no edition {number} of {name}; there are {len(records)}",
        )
    path = _folder(settings, name) / _name(chosen[-1].number) / file
    if not path.is_file() or sha256_of(path) != chosen[-1].files[file]:
        raise LibraryError(
            f"{path} 缺失或被改动，请从备份恢复", f"{path} is missing or was changed; restore it"
        )
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _folder(settings: Settings, name: str) -> Path:
    return settings.home / "libraries" / name


def _name(number: int) -> str:
    return f"edition-{number:04d}"
