"""Build the archive: records of all imports, cut into ranges of enterprises and sorted.

Range by range, so memory stays flat however many enterprises there are. A build goes on from the
one before: files of a range and kind that no new import touches are linked, not written. Every
range is renamed into place when whole, so a killed build goes on where it stopped.
"""

import json
import shutil
from collections.abc import Callable, Sequence, Set
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.archive.files import (
    CHANGED,
    CURRENT,
    ENTERPRISES,
    LINKS,
    MANIFEST,
    Archive,
    describe_build,
    kind_of_file,
    piece_file,
    range_folder,
    read_build,
)
from features.archive.plan import BuildPlan, plan_build
from features.archive.range_files import RangeFiles
from features.catalogue import schema_digest
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
            publish(stage, final, files=stage.iterdir())  # ranges were flushed one by one
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
        self._ranges = RangeFiles(engine, plan=plan, receipts=_receipts(reports))

    def write_ranges(self, progress: Callable[[int, int], None] | None) -> None:
        """Write or link every range that is not there yet."""
        total = self._plan.range_count
        for number in range(total):
            folder = self._stage / range_folder(number)
            if not folder.is_dir():
                partial = folder.with_name(folder.name + _PARTIAL)
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                publish(partial, folder, files=self._ranges.write(partial, number=number))
            if progress is not None:
                progress(number + 1, total)

    def write_manifest(self, build_id: str) -> None:
        """Hash and count what was written; the manifest comes last."""
        if self._plan.changed is not None:
            pq.write_table(self._plan.changed, self._stage / CHANGED)
        if self._plan.links is not None:
            pq.write_table(self._plan.links.table, self._stage / LINKS)
        paths = {
            path.relative_to(self._stage).as_posix(): path
            for path in self._stage.rglob("*.parquet")
        }
        previous = self._plan.previous
        kept = frozenset(name for name in paths if self._is_linked(name))
        written = [path for name, path in sorted(paths.items()) if name not in kept]
        replaced = []
        if previous is not None:
            gone = sorted(set(previous.files) - kept)
            replaced = [path for name in gone if (path := previous.path_of(name)) is not None]
        archive = Archive(
            folder=self._stage,
            build_id=build_id,
            based_on=previous.build_id if previous is not None else None,
            range_size=self._plan.range_size,
            boundaries=self._plan.boundaries,
            range_enterprises=tuple(
                self._enterprises(number, kept) for number in range(self._plan.range_count)
            ),
            latest_known_at=self._latest_known(written, replaced, [*paths.values()]),
            rows=self._rows(written, replaced),
            files={
                name: previous.files[name]
                if previous is not None and name in kept
                else sha256_of(path)
                for name, path in sorted(paths.items())
            },
            imports=tuple(report.import_id for report in self._reports),
            schema=schema_digest(),
            starts={
                name: previous.starts[name]
                if previous is not None and name in kept
                else _first_enterprise(path)
                for name, path in sorted(paths.items())
                if path.parent != self._stage
                and path.name != piece_file(kind_of_file(path.name), 0)
            },
        )
        (self._stage / _LAYOUT).unlink()
        write_atomically(self._stage / MANIFEST, describe_build(archive))

    def _is_linked(self, name: str) -> bool:
        """Whether a file is that of the build before, of which everything is known."""
        previous = self._plan.previous
        if previous is None or name not in previous.files:
            return False
        old = previous.folder / name
        return old.is_file() and old.samefile(self._stage / name)

    def _enterprises(self, number: int, kept: Set[str]) -> int:
        name, previous = f"{range_folder(number)}/{ENTERPRISES}", self._plan.previous
        if previous is not None and name in kept:
            return previous.range_enterprises[number]
        return int(pq.read_metadata(self._stage / name).num_rows)

    def _rows(self, written: Sequence[Path], replaced: Sequence[Path]) -> dict[str, int]:
        """Rows by kind: those of the build before, and what the new files have more or less."""
        previous = self._plan.previous
        rows = dict(previous.rows) if previous is not None else {}
        for sign, paths in ((1, written), (-1, replaced)):
            for path in paths:
                if path.name not in (ENTERPRISES, CHANGED, LINKS):
                    counted = sign * pq.read_metadata(path).num_rows
                    kind = kind_of_file(path.name)
                    rows[kind] = rows.get(kind, 0) + counted
        return dict(sorted(rows.items()))

    def _latest_known(
        self, written: Sequence[Path], replaced: Sequence[Path], paths: Sequence[Path]
    ) -> Any:
        previous, newest = self._plan.previous, _newest(written)
        if previous is None:
            return newest
        if newest is None or newest < previous.latest_known_at:
            # The newest record of all may have stood in a file that was replaced.
            if _newest(replaced) == previous.latest_known_at:
                return _newest(paths)
            return previous.latest_known_at
        return newest


def _newest(paths: Sequence[Path]) -> Any:
    known = (_latest_known(path) for path in paths)
    return max((instant for instant in known if instant is not None), default=None)


def _first_enterprise(path: Path) -> str:
    """The enterprise of a file's first record, from its footer."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index("enterprise_id")
    first: str = metadata.row_group(0).column(place).statistics.min
    return first


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
