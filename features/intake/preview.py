"""What an import would bring: judged as in earnest, counted against what is there, left undone."""

import shutil
import tempfile
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from features.catalogue import record_kinds
from features.engine import Engine
from features.folders import hold
from features.intake.importing import identify, judge, setting_of
from features.intake.opened import Progress
from features.intake.quarantine import REGISTRATION, owners_of
from features.intake.report import MANIFEST, ImportReport
from features.intake.stored import files_of, read_imported
from features.mapping_schema import Mapping

_STAGE_PREFIX = ".previewing-"
_MEMORY_LIMIT = "1GB"
_EXAMPLES = 20


@dataclass(frozen=True)
class Preview:
    """The report that an import would have, and how its records meet those imported before.

    Attributes
    ----------
    report
        Counts, reasons and notes; its ``reject_file`` is the one written for the preview.
    repeated
        By kind: records that say what an imported record says already.
    newer
        By kind: records whose identity is there already and that say something else.
    unknown_records, unknown_enterprises
        Records (no registrations) of enterprises that no registration names, neither imported nor
        in this file, and how many enterprises these are.
    unknown_examples
        Some of those enterprises.
    """

    report: ImportReport
    repeated: Dict[str, int]
    newer: Dict[str, int]
    unknown_records: int
    unknown_enterprises: int
    unknown_examples: tuple[str, ...]


def preview_file(
    path: Path,
    *,
    mapping: Mapping,
    records_dir: Path,
    received_at: datetime,
    person_key: bytes,
    exceptions_file: Path | None = None,
    rejects_dir: Path | None = None,
    progress: Progress | None = None,
) -> Preview:
    """Judge one file as :func:`features.intake.import_file` would, and import nothing.

    Parameters
    ----------
    rejects_dir
        Where the reject file goes; ``None`` writes none.

    Others as in :func:`features.intake.import_file`.

    Raises
    ------
    SourceFileError
        The file cannot be read or does not fit the mapping.
    """
    setting = setting_of(mapping, received_at, person_key=person_key, exceptions=exceptions_file)
    file_sha256, import_id = identify(path, mapping=mapping)
    with hold(records_dir):  # what is compared with must not change meanwhile
        for leftover in records_dir.glob(f"{_STAGE_PREFIX}*"):  # of a killed preview
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=_STAGE_PREFIX, dir=records_dir) as name:
            stage = Path(name)
            report = judge(
                path,
                setting=setting,
                stage=stage,
                import_id=import_id,
                file_sha256=file_sha256,
                records_dir=records_dir,
                progress=progress,
            )
            with Engine(memory_limit=_MEMORY_LIMIT, spill_folder=stage) as engine:
                met = _Meeting(engine, report, stage=stage, records_dir=records_dir)
                preview = met.preview()
            reject_file = _hand_over(report.reject_file, rejects_dir)
    before = (records_dir / import_id / MANIFEST).is_file()
    return replace(
        preview, report=replace(report, reject_file=reject_file, already_imported=before)
    )


def _hand_over(reject_file: Path | None, folder: Path | None) -> Path | None:
    if reject_file is None or folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(reject_file, folder / reject_file.name))


class _Meeting:
    """Compares the staged records of one file with all that was imported before."""

    def __init__(
        self, engine: Engine, report: ImportReport, *, stage: Path, records_dir: Path
    ) -> None:
        self._engine = engine
        self._report = report
        self._stage = stage
        self._records_dir = records_dir

    def preview(self) -> Preview:
        kinds = [kind for kind, rows in self._report.accepted.items() if rows]
        met = {kind: self._meet(kind) for kind in kinds}
        unknown = self._unknown([kind for kind in kinds if kind != REGISTRATION])
        return Preview(
            report=self._report,
            repeated={kind: same for kind, (same, _) in met.items() if same},
            newer={kind: known - same for kind, (same, known) in met.items() if known > same},
            unknown_records=sum(unknown.values()),
            unknown_enterprises=len(unknown),
            unknown_examples=tuple(list(unknown)[:_EXAMPLES]),
        )

    def _meet(self, kind: str) -> tuple[int, int]:
        """Records that are there as they are, and records whose identity is there."""
        paths = files_of(self._records_dir, kind)
        if not paths:
            return 0, 0
        ours, theirs = self._staged(kind), read_imported(self._engine, paths, kind=kind)
        names = ["event_on", *record_kinds()[kind].fields]
        alike = [ours[name].identical_to(theirs[name]) for name in names]
        same = ours.semi_join(theirs, [ours.record_id == theirs.record_id, *alike])
        known = ours.semi_join(theirs, "record_id")
        return self._count(same), self._count(known)

    def _unknown(self, kinds: list[str]) -> dict[str, int]:
        """Records by enterprise that no registration names, most records first."""
        files = files_of(self._records_dir, REGISTRATION)
        staged = self._stage / f"{REGISTRATION}.parquet"
        files += [staged] if staged.is_file() else []
        found: dict[str, int] = {}
        for kind in kinds:
            records = owners_of(self._staged(kind))
            if files:
                known = self._engine.read_parquet(files).select("enterprise_id")
                records = records.anti_join(known, "enterprise_id")
            counted = records.group_by("enterprise_id").aggregate(rows=records.count())
            table = self._engine.to_arrow(counted)
            for owner, rows in zip(*(column.to_pylist() for column in table.columns), strict=True):
                found[owner] = found.get(owner, 0) + rows
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def _staged(self, kind: str) -> Any:
        return self._engine.read_parquet([self._stage / f"{kind}.parquet"])

    def _count(self, records: Any) -> int:
        counted = self._engine.to_arrow(records.aggregate(rows=records.count()))
        return int(counted["rows"][0].as_py())
