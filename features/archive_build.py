"""Build the archive: records of all imports, cut into ranges of enterprises and sorted.

Range by range, so memory stays flat however many enterprises there are. Every range is renamed
into place when whole: a killed build goes on where it stopped.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.archive_files import (
    CURRENT,
    MANIFEST,
    Archive,
    describe_build,
    range_folder,
    read_build,
)
from features.archive_versions import only_versions, repeated_records, with_versions
from features.catalogue import record_kinds, record_schema
from features.engine import Engine
from features.errors import ArchiveMissingError
from features.folders import hold, publish
from features.intake.report import ImportReport, list_imports
from law.files import sha256_of, write_atomically

_FORMAT = 1
_ID_CHARACTERS = 16
_BUILDING = ".building-"
_PARTIAL = ".partial"
RANGE_SIZE = 250_000


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

    The same imports give the same build, so nothing is done twice.

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
            build = _Build(engine, reports=reports, records_dir=records_dir, stage=stage)
            build.write_ranges(range_size=range_size, progress=progress)
            build.write_manifest(build_id, range_size=range_size)
            publish(stage, final)
        write_atomically(archive_dir / CURRENT, f"{build_id}\n".encode("ascii"))
        _forget_old(archive_dir, current=build_id, keep=keep_builds)
    return read_build(final)


class _Build:
    """Writes one build into its stage."""

    def __init__(
        self,
        engine: Engine,
        *,
        reports: Sequence[ImportReport],
        records_dir: Path,
        stage: Path,
    ) -> None:
        self._engine = engine
        self._reports = reports
        self._stage = stage
        self._boundaries: list[str] = []
        self._enterprises = 0
        self._inputs = {
            kind: paths for kind in record_kinds() if (paths := _paths(reports, records_dir, kind))
        }
        self._receipts = engine.memory(_receipts(reports))

    def write_ranges(self, *, range_size: int, progress: Callable[[int, int], None] | None) -> None:
        """Write every range that is not there yet."""
        self._cut(range_size)
        total = len(self._boundaries) + 1
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

    def write_manifest(self, build_id: str, *, range_size: int) -> None:
        """Hash and count what was written; the manifest comes last."""
        paths = sorted(self._stage.glob("range-*/*.parquet"))
        archive = Archive(
            folder=self._stage,
            build_id=build_id,
            boundaries=tuple(self._boundaries),
            enterprises=self._enterprises,
            latest_known_at=self._latest_known_at(),
            rows={kind: self._count(kind) for kind in self._inputs},
            files={path.relative_to(self._stage).as_posix(): sha256_of(path) for path in paths},
            imports=tuple(report.import_id for report in self._reports),
        )
        write_atomically(self._stage / MANIFEST, describe_build(archive, range_size=range_size))

    def _cut(self, range_size: int) -> None:
        """Find the first enterprise of every range: equal numbers of enterprises in each."""
        tables = [self._records(kind).select("enterprise_id") for kind in self._inputs]
        enterprises = (
            ibis.union(*tables, distinct=True) if len(tables) > 1 else tables[0].distinct()
        )
        numbered = enterprises.mutate(
            place=ibis.row_number().over(order_by=enterprises.enterprise_id)
        )
        self._enterprises = self._one(enterprises.count())
        first = numbered.filter((numbered.place % range_size == 0) & (numbered.place > 0))
        ordered = first.order_by("place").select("enterprise_id")
        self._boundaries = self._engine.to_arrow(ordered)["enterprise_id"].to_pylist()

    def _write_range(self, folder: Path, *, number: int) -> None:
        for kind in self._inputs:
            records = self._records(kind)
            if number > 0:
                first = self._boundaries[number - 1]
                records = records.filter(records.enterprise_id >= first)
            if number < len(self._boundaries):
                next_first = self._boundaries[number]
                records = records.filter(records.enterprise_id < next_first)
            versions = self._versions(records, kind)
            ordered = versions.order_by(["enterprise_id", "known_at", "record_id", "row_no"])
            self._engine.write_parquet(ordered, folder / f"{kind}.parquet")

    def _versions(self, records: Any, kind: str) -> Any:
        if self._one(repeated_records(records).count()):
            return with_versions(records, self._receipts, kind=kind)
        return only_versions(records, kind=kind)

    def _records(self, kind: str) -> Any:
        return self._engine.read_parquet(self._inputs[kind]).select(record_schema(kind).names)

    def _written(self, kind: str) -> Any:
        return self._engine.read_parquet(sorted(self._stage.glob(f"range-*/{kind}.parquet")))

    def _count(self, kind: str) -> int:
        return int(self._one(self._written(kind).count()))

    def _latest_known_at(self) -> Any:
        return max(self._one(self._written(kind).known_at.max()) for kind in self._inputs)

    def _one(self, expression: Any) -> Any:
        return self._engine.to_arrow(expression.name("value").as_table())["value"][0].as_py()


def _paths(reports: Sequence[ImportReport], records_dir: Path, kind: str) -> list[Path]:
    name = f"{kind}.parquet"
    return [records_dir / report.import_id / name for report in reports if name in report.files]


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
