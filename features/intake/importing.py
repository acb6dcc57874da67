"""Main flow of the intake: a department's file in, records and a reject file out.

Everything is written into a hidden folder and renamed when whole: an import either happened or
it did not.
"""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from features.errors import SourceFileError, UnknownImportError
from features.folders import hold, publish
from features.identifiers import uscc_exceptions
from features.intake.import_run import ImportRun
from features.intake.opened import Progress
from features.intake.report import MANIFEST, ImportReport, list_imports, read_report, write_report
from features.intake.rules import Setting
from features.mapping_schema import Mapping
from law.files import sha256_of

_STAGE_PREFIX = ".importing-"
_MINIMUM_KEY_BYTES = 16
_ID_CHARACTERS = 16


def import_file(
    path: Path,
    *,
    mapping: Mapping,
    records_dir: Path,
    received_at: datetime,
    person_key: bytes,
    exceptions_file: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file; the same file under the same mapping a second time changes nothing.

    Parameters
    ----------
    received_at
        The instant of receipt, UTC; knowledge of rows that do not say when they were known.
    person_key
        Secret of the office, at least 16 bytes; persons are stored as keyed hashes only.
    exceptions_file
        The office's own list of credit codes confirmed although their check character is wrong.
    progress
        Called after each chunk with the rows done and, where known, the rows in total.

    Raises
    ------
    SourceFileError
        The file cannot be read or does not fit the mapping; nothing of it was imported.
    """
    setting = setting_of(mapping, received_at, person_key=person_key, exceptions=exceptions_file)
    file_sha256, import_id = identify(path, mapping=mapping)
    with hold(records_dir):
        folder = records_dir / import_id
        if (folder / MANIFEST).is_file():
            return read_report(folder).as_already_imported()
        stage = fresh_stage(records_dir, import_id)
        try:
            report = judge(
                path,
                setting=setting,
                stage=stage,
                import_id=import_id,
                file_sha256=file_sha256,
                records_dir=records_dir,
                progress=progress,
            )
            write_report(report, stage)
            publish(stage, folder)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
    reject_file = folder / report.reject_file.name if report.reject_file else None
    return replace(report, reject_file=reject_file)


def setting_of(
    mapping: Mapping, received_at: datetime, *, person_key: bytes, exceptions: Path | None
) -> Setting:
    """What every row of a file is judged with.

    Raises
    ------
    SourceFileError
        The file holds persons and the key that hides them is too short.
    """
    _refuse_weak_key(person_key, mapping=mapping)
    return Setting(
        mapping=mapping,
        received_at=naive_utc(received_at),
        person_key=person_key,
        exceptions=uscc_exceptions(exceptions),
    )


def judge(
    path: Path,
    *,
    setting: Setting,
    stage: Path,
    import_id: str,
    file_sha256: str,
    records_dir: Path,
    progress: Progress | None,
) -> ImportReport:
    """One pass over the file: records and reject file into `stage`, and the report."""
    run = ImportRun(path, setting=setting, stage=stage, import_id=import_id)
    run.note_earlier(list_imports(records_dir), file_sha256=file_sha256)
    run.read(progress)
    return run.report(file_sha256=file_sha256)


def undo_import(import_id: str, *, records_dir: Path) -> ImportReport:
    """Take one import back; the archive forgets it when it is next built.

    Raises
    ------
    UnknownImportError
        There is no such import.
    """
    with hold(records_dir):
        folder = records_dir / import_id
        if folder.parent != records_dir or folder.name != import_id or import_id.startswith("."):
            raise UnknownImportError(
                f"没有编号为 {import_id} 的导入", f"there is no import {import_id}"
            )
        report = read_report(folder)
        # Renamed first: a killed undo leaves either the whole import or none of it.
        doomed = records_dir / f"{_STAGE_PREFIX}undone-{folder.name}"
        folder.rename(doomed)
        shutil.rmtree(doomed)
    return report


def identify(path: Path, *, mapping: Mapping) -> tuple[str, str]:
    """SHA-256 of the file, and the import's number: the file, its siblings and its mapping."""
    siblings = sorted({lookup.file for lookup in mapping.lookups})
    files = [path, *(path.parent / name for name in siblings)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        listed = "、".join(missing)
        raise SourceFileError(
            f"文件夹“{path.parent}”中没有文件：{listed}",
            f'the folder "{path.parent}" has no file: {listed}',
        )
    hashes = [sha256_of(file) for file in files]
    whole = sha256("".join([*hashes, mapping.digest]).encode("ascii")).hexdigest()
    return hashes[0], whole[:_ID_CHARACTERS]


def fresh_stage(records_dir: Path, import_id: str) -> Path:
    """An empty hidden folder for an import; the caller holds the lock of `records_dir`."""
    for leftover in records_dir.glob(f"{_STAGE_PREFIX}*"):  # of a killed import or undo
        shutil.rmtree(leftover)
    stage = records_dir / f"{_STAGE_PREFIX}{import_id}"
    stage.mkdir()
    return stage


def naive_utc(instant: datetime) -> datetime:
    """An instant as records hold it; one without a zone is UTC already."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _refuse_weak_key(person_key: bytes, *, mapping: Mapping) -> None:
    """Persons are hashed under a key that nobody guesses, or not taken in at all."""
    hashes = any(value.hash for rule in mapping.records for _, value in rule.values())
    if hashes and len(person_key) < _MINIMUM_KEY_BYTES:
        raise SourceFileError(
            f"来源“{mapping.source}”含个人信息，需要至少 {_MINIMUM_KEY_BYTES} 字节的密钥；"
            "请先创建本单位的个人信息密钥",
            f'the source "{mapping.source}" holds personal data and needs a key of at least '
            f"{_MINIMUM_KEY_BYTES} bytes; create the office's person key first",
        )
