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

from features.archive.files import (
    CHANGED,
    CURRENT,
    ENTERPRISES,
    LINKS,
    MANIFEST,
    Archive,
    describe_build,
    range_folder,
    read_build,
)
from features.archive.numbers import number_enterprises, with_kinds
from features.archive.plan import BuildPlan, plan_build
from features.archive.range import ROW_GROUP_ROWS, RangeRecords
from features.catalogue import ENTERPRISE_NO, schema_digest
from features.engine import Engine
from features.errors import ArchiveDamagedError, ArchiveMissingError
from features.folders import hold, publish
from features.identity import ArchiveLinks, open_links
from features.intake.report import ImportReport, list_imports
from law.files import sha256_of, write_atomically

_FORMAT = 2
_ID_CHARACTERS = 16
_BUILDING = ".building-"
_PARTIAL = ".partial"
_LAYOUT = "layout.json"
RANGE_SIZE = 250_000


def build_archive(
    engine: Engine,
    *,
    records_dir: Path,
    archive_dir: Path,
    identity_dir: Path | None = None,
    range_size: int = RANGE_SIZE,
    keep_builds: int = 2,
    afresh: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Archive:
    """Build the archive of all imports and make it the current one.

    The same imports give the same records, whatever builds came before, and nothing is done twice.
    An archive of other record kinds than the catalogue has now is written anew.

    Parameters
    ----------
    identity_dir
        The register of decisions on who is who; without one no record changes hands.
    range_size
        Enterprises in a range; more of them need more memory.
    keep_builds
        Builds left on disk, the new one included: a reader of the one before is not disturbed.
    afresh
        Write everything again, whatever is there: the remedy for a damaged archive.
    progress
        Called after each range with the ranges done and in total.

    Raises
    ------
    ArchiveMissingError
        Nothing was imported.
    ArchiveDamagedError
        A file of the build before is gone.
    """
    with hold(archive_dir), hold(records_dir):
        reports = [report for report in list_imports(records_dir) if report.files]
        if not reports:
            raise ArchiveMissingError(
                f"“{records_dir}”中没有已导入的记录；请先导入（xinheng import）",
                f'there are no imported records in "{records_dir}"; import some (xinheng import)',
            )
        links = open_links(engine, identity_dir) if identity_dir is not None else None
        build_id = _identify(reports, links, range_size=range_size)
        final = archive_dir / build_id
        if afresh and final.is_dir():
            _remove(final)
        if not (final / MANIFEST).is_file():
            plan = plan_build(
                engine,
                reports=reports,
                records_dir=records_dir,
                previous=None if afresh else _previous(archive_dir),
                links=links,
                range_size=range_size,
            )
            stage = _stage(archive_dir, build_id, plan=plan)
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
        self._plan = plan
        self._reports = reports
        self._stage = stage
        self._rows = RangeRecords(engine, plan=plan, receipts=_receipts(reports))

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
        if self._plan.links is not None:
            pq.write_table(self._plan.links.table, self._stage / LINKS)
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
            schema=schema_digest(),
        )
        (self._stage / _LAYOUT).unlink()
        write_atomically(self._stage / MANIFEST, describe_build(archive))

    def _write_range(self, folder: Path, *, number: int) -> None:
        touched = [kind for kind in self._plan.inputs if self._plan.touches(number, kind)]
        numbers = self._numbers(touched, number=number)
        files: dict[str, Path] = {}
        for kind in self._plan.inputs:
            path = folder / f"{kind}.parquet"
            if kind in touched:
                self._rows.write(kind, path, number=number, numbers=numbers)
            else:
                self._link(folder, number=number, name=path.name)
            if path.is_file():
                files[kind] = path
        # In the order of the file names, which is how a reader finds the kinds again.
        listed = with_kinds(numbers, dict(sorted(files.items())))
        pq.write_table(listed, folder / ENTERPRISES, row_group_size=ROW_GROUP_ROWS)

    def _numbers(self, touched: Sequence[str], *, number: int) -> pa.Table:
        """The numbers of the range's enterprises; those of the build before keep theirs."""
        known = None
        if self._plan.previous is not None:
            known = pq.read_table(
                self._plan.previous.enterprise_files[number],
                columns=["enterprise_id", ENTERPRISE_NO],
            )
        ids = [self._rows.enterprises(kind, number=number) for kind in touched]
        empty = pa.table({"enterprise_id": pa.array([], pa.string())})
        distinct = pc.unique(pa.concat_tables([empty, *ids])["enterprise_id"])
        return number_enterprises(distinct, range_no=number, known=known)

    def _link(self, folder: Path, *, number: int, name: str) -> None:
        assert self._plan.previous is not None
        old = self._plan.previous.path_of(f"{range_folder(number)}/{name}")
        if old is not None:
            try:
                os.link(old, folder / name)
            except OSError:  # another file system, or one without links
                shutil.copyfile(old, folder / name)

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
        if path.name not in (ENTERPRISES, CHANGED, LINKS):
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


def _identify(
    reports: Sequence[ImportReport], links: ArchiveLinks | None, *, range_size: int
) -> str:
    inputs = [
        [report.import_id, report.received_at.isoformat(), sorted(report.files.items())]
        for report in reports
    ]
    told = links.digest if links is not None else None
    text = json.dumps([_FORMAT, schema_digest(), range_size, inputs, told])
    return sha256(text.encode("utf-8")).hexdigest()[:_ID_CHARACTERS]


def _previous(archive_dir: Path) -> Archive | None:
    """The build in use, if there is one that can be read."""
    current = archive_dir / CURRENT
    if not current.is_file():
        return None
    try:
        found = read_build(archive_dir / current.read_text(encoding="ascii").strip())
    except ArchiveDamagedError:
        return None  # written by an older version, or damaged: everything is built anew
    return None if found.is_outdated else found


def _stage(archive_dir: Path, build_id: str, *, plan: BuildPlan) -> Path:
    """The folder of this build; those of other unfinished builds are of no use any more."""
    stage = archive_dir / f"{_BUILDING}{build_id}"
    layout = stage / _LAYOUT
    # Ranges of a killed build fit only ranges that are cut in the same places.
    if not layout.is_file() or layout.read_bytes() != plan.layout:
        shutil.rmtree(stage, ignore_errors=True)
    for leftover in archive_dir.glob(f"{_BUILDING}*"):
        if leftover != stage:
            shutil.rmtree(leftover)
    stage.mkdir(exist_ok=True)
    write_atomically(layout, plan.layout)
    return stage


def _remove(build: Path) -> None:
    """Take a build away at once: a killed removal must not leave half of it under its name."""
    doomed = build.with_name(f"{_BUILDING}removed-{build.name}")
    build.rename(doomed)
    shutil.rmtree(doomed)


def _forget_old(archive_dir: Path, *, current: str, keep: int) -> None:
    builds = [
        path.parent for path in archive_dir.glob(f"*/{MANIFEST}") if path.parent.name != current
    ]
    newest_first = sorted(builds, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in newest_first[max(keep - 1, 0) :]:
        shutil.rmtree(folder)
