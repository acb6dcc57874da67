"""Numbered editions of the list: each kept whole, with what it changed against the last one."""

import json
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.archive.files import Archive
from features.engine import Engine
from features.errors import KeyListError
from features.folders import hold, publish
from features.key_enterprises.changes import find_changes
from features.key_enterprises.manual import in_force, read_manual
from features.key_enterprises.rules import LIST_SCHEMA, build_key_list
from features.key_enterprises.types import key_types
from law.files import sha256_of, write_atomically

MANIFEST, LIST, CHANGES = "manifest.json", "list.parquet", "changes.parquet"
_FOLDER = re.compile(r"edition-(\d{4,})")
_STAGE = ".building-edition"


@dataclass(frozen=True)
class Edition:
    """One edition. `type_editions` are those of the code table; `built_at` is naive UTC."""

    number: int
    as_of: date
    built_at: datetime
    archive_build: str
    type_editions: tuple[str, ...]
    rows: int
    added: int
    removed: int
    changed: int
    files: dict[str, str]


def build_edition(
    engine: Engine, archive: Archive, *, folder: Path, as_of: date, built_at: datetime
) -> tuple[Edition, bool]:
    """Write the next edition, unless the last one is of the same day and says the same.

    Returns
    -------
    The edition, and whether it is new.

    Raises
    ------
    KeyListError
        The last edition is of a later day, or no type is in force on `as_of`.
    """
    with hold(folder):
        editions = list_editions(folder)
        last = editions[-1] if editions else None
        types, manual = key_types(on=as_of), read_manual(folder)
        _refuse(last, as_of=as_of, has_types=bool(types))
        by_hand = in_force(manual, on=as_of)
        rows = build_key_list(engine, archive, as_of=as_of, manual=by_hand, types=types)
        before = read_list(folder, last.number) if last else LIST_SCHEMA.empty_table()
        changes = find_changes(
            before, rows, engine=engine, archive=archive, as_of=as_of, types=types, manual=manual
        )
        if last is not None and last.as_of == as_of and rows.equals(before):
            return last, False
        told = changes["change"].to_pylist()
        stage = folder / _STAGE
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        pq.write_table(rows, stage / LIST)
        pq.write_table(changes, stage / CHANGES)
        edition = Edition(
            number=(last.number if last else 0) + 1,
            as_of=as_of,
            built_at=built_at,
            archive_build=archive.build_id,
            type_editions=tuple(sorted({kind.edition for kind in types})),
            rows=rows.num_rows,
            added=told.count("added"),
            removed=told.count("removed"),
            changed=told.count("changed"),
            files={name: sha256_of(stage / name) for name in (LIST, CHANGES)},
        )
        write_atomically(stage / MANIFEST, _described(edition))
        publish(stage, folder / _name(edition.number))
    return edition, True


def list_editions(folder: Path) -> list[Edition]:
    """Every edition, oldest first."""
    numbers = [
        int(found[1])
        for path in folder.glob(f"edition-*/{MANIFEST}")
        if (found := _FOLDER.fullmatch(path.parent.name))
    ]
    return [_read(folder, number) for number in sorted(numbers)]


def get_edition(folder: Path, number: int | None = None) -> Edition:
    """An edition by its number; None takes the newest.

    Raises
    ------
    KeyListError
        There is none.
    """
    editions = list_editions(folder)
    if not editions:
        raise KeyListError(
            "还没有重点领域企业清单；请先运行 xinheng key-list build --as-of 日期",
            "there is no key-enterprise list yet; run: xinheng key-list build --as-of DAY",
        )
    if number is None:
        return editions[-1]
    for edition in editions:
        if edition.number == number:
            return edition
    raise KeyListError(
        f"清单没有第 {number} 版，现有第 1 至 {editions[-1].number} 版",
        f"there is no edition {number} of the list; there are 1 to {editions[-1].number}",
    )


def read_list(folder: Path, number: int) -> pa.Table:
    """The list of an edition, with the columns of ``LIST_SCHEMA``."""
    return _table(folder, number, LIST)


def read_changes(folder: Path, number: int) -> pa.Table:
    """What an edition changed, with the columns of ``CHANGES_SCHEMA``."""
    return _table(folder, number, CHANGES)


def _refuse(last: Edition | None, *, as_of: date, has_types: bool) -> None:
    if not has_types:
        raise KeyListError(
            f"{as_of} 没有生效的重点领域企业类型清单（law/codes/key_enterprise_types.yaml）",
            f"no types of key enterprise are in force on {as_of}"
            " (law/codes/key_enterprise_types.yaml)",
        )
    if last is not None and as_of < last.as_of:
        raise KeyListError(
            f"第 {last.number} 版截至 {last.as_of}，新版不能早于它；请改 --as-of",
            f"edition {last.number} is as of {last.as_of}; a new one cannot be earlier, change"
            " --as-of",
        )


def _table(folder: Path, number: int, name: str) -> pa.Table:
    edition = get_edition(folder, number)
    path = folder / _name(number) / name
    if not path.is_file() or sha256_of(path) != edition.files[name]:
        raise KeyListError(
            f"清单第 {number} 版的文件 {name} 缺失或被改动；请从备份恢复",
            f"the file {name} of edition {number} is missing or was changed; restore a backup",
        )
    return pq.read_table(path)


def _name(number: int) -> str:
    return f"edition-{number:04d}"


def _described(edition: Edition) -> bytes:
    data = asdict(edition)
    data["as_of"], data["built_at"] = edition.as_of.isoformat(), edition.built_at.isoformat()
    return json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8")


def _read(folder: Path, number: int) -> Edition:
    data = json.loads((folder / _name(number) / MANIFEST).read_text(encoding="utf-8"))
    data["as_of"] = date.fromisoformat(data["as_of"])
    data["built_at"] = datetime.fromisoformat(data["built_at"])
    return Edition(**{**data, "type_editions": tuple(data["type_editions"])})
