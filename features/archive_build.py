"""Build the archive: records of all imports, cut into ranges of enterprises and sorted.

Range by range, so memory stays flat however many enterprises there are. A build goes on from the
one before: files of a range and kind that no new import touches are linked, not written. Every
range is renamed into place when whole, so a killed build goes on where it stopped.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive_files import (
    CHANGED,
    CURRENT,
    ENTERPRISES,
    MANIFEST,
    Archive,
    describe_build,
    range_folder,
    read_build,
)
from features.archive_numbers import number_enterprises, with_kinds, with_numbers
from features.archive_plan import BuildPlan, plan_build
from features.archive_versions import only_versions, repeated_records, with_versions
from features.catalogue import ENTERPRISE_NO, arrow_schema, record_schema
from features.engine import Engine
from features.errors import ArchiveDamagedError, ArchiveMissingError
from features.folders import hold, publish
from features.intake.report import ImportReport, list_imports
from law.files import sha256_of, write_atomically

_FORMAT = 2
_ID_CHARACTERS = 16
_BUILDING = ".building-"
_PARTIAL = ".partial"
RANGE_SIZE = 250_000
# Small enough that one enterprise is read without much of its neighbours, large enough to scan.
ROW_GROUP_ROWS = 16_384


def build_archive(
    engine: Engine,
    *,
    records_dir: Path,
    archive_dir: Path,
    range_size: int = RANGE_SIZE,
    keep_builds: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Archive:
    """Build the archive of all imports and make it the current one.

    The same imports give the same records, whatever builds came before, and nothing is done twice.

    Parameters
    ----------
    range_size
        Enterprises in a range; more of them need more memory.
    keep_builds
        Builds left on disk, the new one included: a reader of the one before is not disturbed.
    progress
        Called after each range with the ranges done and in total.

    Raises
    ------
    ArchiveMissingError
        Nothing was imported.
    """
    with hold(archive_dir), hold(records_dir):
        reports = [report for report in list_imports(records_dir) if report.files]
        if not reports:
            raise ArchiveMissingError(
                f"“{records_dir}”中没有已导入的记录；请先导入（xinheng import）",
                f'there are no imported records in "{records_dir}"; import some (xinheng import)',
            )
        build_id = _identify(reports, range_size=range_size)
        final = archive_dir / build_id
        if not (final / MANIFEST).is_file():
            stage = _stage(archive_dir, build_id)
            plan = plan_build(
                engine,
                reports=reports,
                records_dir=records_dir,
                previous=_previous(archive_dir),
                range_size=range_size,
            )
            build = _Build(engine, plan=plan, reports=reports, stage=stage)
            build.write_ranges(progress)
            build.write_manifest(build_id)
            publish(stage, final)
        write_atomically(archive_dir / CURRENT, f"{build_id}\n".encode("ascii"))
        _forget_old(archive_dir, current=build_id, keep=keep_builds)
    return read_build(final)


class _Build:
    """Writes one build into its stage."""

    def __init__(
        self, engine: Engine, *, plan: BuildPlan, reports: Sequence[ImportReport], stage: Path
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._reports = reports
        self._stage = stage
        self._receipts = engine.memory(_receipts(reports))

    def write_ranges(self, progress: Callable[[int, int], None] | None) -> None:
        """Write or link every range that is not there yet."""
        total = self._plan.range_count
        for number in range(total):
            folder = self._stage / range_folder(number)
            if not folder.is_dir():
                partial = folder.with_name(folder.name + _PARTIAL)
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                self._write_range(partial, number=number)
                publish(partial, folder)
            if progress is not None:
                progress(number + 1, total)

    def write_manifest(self, build_id: str) -> None:
        """Hash and count what was written; the manifest comes last."""
        if self._plan.changed is not None:
            pq.write_table(self._plan.changed, self._stage / CHANGED)
        paths = sorted(self._stage.rglob("*.parquet"))
        names = {path: path.relative_to(self._stage).as_posix() for path in paths}
        previous = self._plan.previous
        archive = Archive(
            folder=self._stage,
            build_id=build_id,
            based_on=previous.build_id if previous is not None else None,
            range_size=self._plan.range_size,
            boundaries=self._plan.boundaries,
            range_enterprises=tuple(
                pq.read_metadata(self._stage / range_folder(number) / ENTERPRISES).num_rows
                for number in range(self._plan.range_count)
            ),
            latest_known_at=max(
                known for path in paths if (known := _latest_known(path)) is not None
            ),
            rows=_rows_by_kind(paths),
            files={name: self._hash(path, name) for path, name in names.items()},
            imports=tuple(report.import_id for report in self._reports),
        )
        write_atomically(self._stage / MANIFEST, describe_build(archive))

    def _write_range(self, folder: Path, *, number: int) -> None:
        numbers = self._enterprises(number)
        enterprises = self._engine.memory(numbers)
        files: dict[str, Path] = {}
        for kind in self._plan.inputs:
            path = folder / f"{kind}.parquet"
            if self._plan.touches(number, kind):
                versions = self._versions(self._records(kind, number=number), kind)
                numbered = with_numbers(versions, enterprises).select(arrow_schema(kind).names)
                ordered = numbered.order_by(["enterprise_id", "known_at", "record_id", "row_no"])
                self._engine.write_parquet(ordered, path, row_group_rows=ROW_GROUP_ROWS)
            else:
                self._link(folder, number=number, name=path.name)
            if path.is_file():
                files[kind] = path
        # In the order of the file names, which is how a reader finds the kinds again.
        listed = with_kinds(numbers, dict(sorted(files.items())))
        pq.write_table(listed, folder / ENTERPRISES, row_group_size=ROW_GROUP_ROWS)

    def _enterprises(self, number: int) -> pa.Table:
        """The numbers of the range's enterprises; those of the build before keep theirs."""
        previous = self._plan.previous
        known = (
            pq.read_table(
                previous.folder / range_folder(number) / ENTERPRISES,
                columns=["enterprise_id", ENTERPRISE_NO],
            )
            if previous is not None
            else None
        )
        kinds = [kind for kind in self._plan.inputs if self._plan.touches(number, kind)]
        if known is not None and not kinds:
            return known
        ids = [
            self._engine.to_arrow(self._records(kind, number=number)[["enterprise_id"]].distinct())
            for kind in kinds
        ]
        distinct = pc.unique(pa.concat_tables(ids)["enterprise_id"])
        return number_enterprises(distinct, range_no=number, known=known)

    def _link(self, folder: Path, *, number: int, name: str) -> None:
        assert self._plan.previous is not None
        old = self._plan.previous.folder / range_folder(number) / name
        if old.is_file():
            try:
                os.link(old, folder / name)
            except OSError:  # another file system, or one without links
                shutil.copyfile(old, folder / name)

    def _versions(self, records: Any, kind: str) -> Any:
        repeats = repeated_records(records).count().name("value").as_table()
        if self._engine.to_arrow(repeats)["value"][0].as_py():
            return with_versions(records, self._receipts, kind=kind)
        return only_versions(records, kind=kind)

    def _records(self, kind: str, *, number: int) -> Any:
        """Records of a range from all imports, each of which is sorted by enterprise."""
        records = self._engine.read_parquet(self._plan.inputs[kind])
        records = records.select(record_schema(kind).names)
        first, next_first = self._plan.bounds(number)
        if first is not None:
            records = records.filter(records.enterprise_id >= first)
        if next_first is not None:
            records = records.filter(records.enterprise_id < next_first)
        return records

    def _hash(self, path: Path, name: str) -> str:
        """SHA-256 of a file; that of the build before for a file that was linked."""
        previous = self._plan.previous
        if previous is not None and name in previous.files:
            old = previous.folder / name
            if old.is_file() and old.samefile(path):
                return previous.files[name]
        return sha256_of(path)


def _rows_by_kind(paths: Sequence[Path]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for path in paths:
        if path.name not in (ENTERPRISES, CHANGED):
            rows[path.stem] = rows.get(path.stem, 0) + pq.read_metadata(path).num_rows
    return rows


def _latest_known(path: Path) -> Any:
    """The newest ``known_at`` of a file, from its footer; None for a file without records."""
    metadata = pq.read_metadata(path)
    if "known_at" not in metadata.schema.names:
        return None
    place = metadata.schema.names.index("known_at")
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    newest = [group.column(place).statistics.max for group in groups if group.num_rows]
    return max(newest, default=None)


def _receipts(reports: Sequence[ImportReport]) -> pa.Table:
    return pa.table(
        {
            "import_id": pa.array([report.import_id for report in reports], pa.string()),
            "received_at": pa.array([r.received_at for r in reports], pa.timestamp("us")),
        }
    )


def _identify(reports: Sequence[ImportReport], *, range_size: int) -> str:
    inputs = [
        [report.import_id, report.received_at.isoformat(), sorted(report.files.items())]
        for report in reports
    ]
    text = json.dumps([_FORMAT, range_size, inputs])
    return sha256(text.encode("utf-8")).hexdigest()[:_ID_CHARACTERS]


def _previous(archive_dir: Path) -> Archive | None:
    """The build in use, if there is one that can be read."""
    current = archive_dir / CURRENT
    if not current.is_file():
        return None
    try:
        return read_build(archive_dir / current.read_text(encoding="ascii").strip())
    except ArchiveDamagedError:
        return None  # written by an older version, or damaged: everything is built anew


def _stage(archive_dir: Path, build_id: str) -> Path:
    """The folder of this build; those of other unfinished builds are of no use any more."""
    stage = archive_dir / f"{_BUILDING}{build_id}"
    for leftover in archive_dir.glob(f"{_BUILDING}*"):
        if leftover != stage:
            shutil.rmtree(leftover)
    stage.mkdir(exist_ok=True)
    return stage


def _forget_old(archive_dir: Path, *, current: str, keep: int) -> None:
    builds = [
        path.parent for path in archive_dir.glob(f"*/{MANIFEST}") if path.parent.name != current
    ]
    newest_first = sorted(builds, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in newest_first[max(keep - 1, 0) :]:
        shutil.rmtree(folder)
