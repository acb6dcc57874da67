"""A finished archive on disk: open it, read its tables, check that nobody changed it."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import arrow_schema, schema_digest
from features.errors import ArchiveDamagedError, ArchiveMissingError, ArchiveOutdatedError
from law.files import sha256_of

if TYPE_CHECKING:  # looking one enterprise up needs no engine, which is slow to import
    from features.engine import Engine, Source

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
# In every range: its enterprises and their numbers.
ENTERPRISES = "enterprises.parquet"
# In a build that went on from another: the enterprises whose records changed.
CHANGED = "changed.parquet"
# In a build with records that changed hands: the links it applied.
LINKS = "links.parquet"
# In a range's list of enterprises: which kinds of records each has.
KINDS = "kinds"


@dataclass(frozen=True)
class Archive:
    """One build of the archive.

    `based_on` is the build it went on from, None where everything was written; `boundaries` holds
    the first enterprise of every range but the first; `range_enterprises` how many each has;
    `files` the SHA-256 of every file by its path below `folder`; `starts` the first enterprise of
    every file that is not the first of its kind in its range; `rows` the records of each kind,
    versions included; `schema` is the :func:`features.catalogue.schema_digest` it was written
    for, empty in builds of early releases.
    """

    folder: Path
    build_id: str
    based_on: str | None
    range_size: int
    boundaries: tuple[str, ...]
    range_enterprises: tuple[int, ...]
    latest_known_at: datetime
    rows: Mapping[str, int]
    files: Mapping[str, str]
    imports: tuple[str, ...]
    schema: str
    starts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_outdated(self) -> bool:
        """Whether the record kinds have had other columns or keys since it was written."""
        return self.schema != schema_digest()

    @property
    def enterprises(self) -> int:
        """Enterprises with any record."""
        return sum(self.range_enterprises)

    @property
    def enterprise_files(self) -> tuple[Path, ...]:
        """Of every range its enterprises: ``enterprise_id``, ``enterprise_no``."""
        return tuple(
            self.present(f"{range_folder(number)}/{ENTERPRISES}")
            for number in range(self.range_count)
        )

    @property
    def changed_file(self) -> Path | None:
        """The enterprises whose records changed since `based_on`; None where all may have."""
        return self.present(CHANGED) if self.based_on is not None else None

    @property
    def links_file(self) -> Path | None:
        """The links between identities that were applied; None where there were none."""
        return self.path_of(LINKS)

    @property
    def range_count(self) -> int:
        """Ranges of enterprises; together they hold everything."""
        return len(self.boundaries) + 1

    def range_of(self, enterprise_id: str) -> int:
        """The range in which an enterprise's records lie, if it has any."""
        return bisect_right(self.boundaries, enterprise_id)

    def table(self, engine: "Engine", kind: str, *, range_no: int | None = None) -> Any:
        """Records of `kind` (Ibis), of one range or of all, with every column of the kind.

        All versions of a record are in it; :func:`features.point_in_time.visible` picks the one
        known on a day.

        Raises
        ------
        ArchiveDamagedError
            A file that the manifest names is not there.
        """
        source = self.source(kind, range_no=range_no)
        if isinstance(source, pa.Table):
            return engine.memory(source)
        return engine.read_parquet(source).select(arrow_schema(kind).names)

    def source(
        self,
        kind: str,
        *,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> "Source":
        """The files of a kind, of one range or of all; an empty table where there are none.

        `enterprise_ids` leaves out files of other enterprises only.

        Raises
        ------
        ArchiveDamagedError
            A file that the manifest names is not there.
        """
        ranges = range(self.range_count) if range_no is None else [range_no]
        names = [name for number in ranges for name in self.pieces(kind, number, enterprise_ids)]
        return tuple(map(self.present, names)) or arrow_schema(kind).empty_table()

    def pieces(
        self, kind: str, number: int, enterprise_ids: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """The names of the files of a kind in a range, in the order of their enterprises.

        `enterprise_ids` leaves out those that hold records of others only.
        """
        names = self._pieces.get((range_folder(number), kind), ())
        if enterprise_ids is None or not names:
            return names
        starts = [self.starts[name] for name in names[1:]]
        places = {bisect_right(starts, enterprise_id) for enterprise_id in enterprise_ids}
        return tuple(names[place] for place in sorted(places))

    @cached_property
    def _pieces(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = {}
        for name in sorted(self.files, key=lambda name: self.starts.get(name, "")):
            folder, _, file = name.rpartition("/")
            found.setdefault((folder, kind_of_file(file)), []).append(name)
        return {place: tuple(names) for place, names in found.items()}

    def kinds_of(self, enterprise_ids: Sequence[str]) -> frozenset[str]:
        """The kinds of which any of some enterprises has records."""
        found: set[str] = set()
        for number in {self.range_of(enterprise_id) for enterprise_id in enterprise_ids}:
            bits = _kind_bits(self.present(f"{range_folder(number)}/{ENTERPRISES}"), enterprise_ids)
            kinds = self.kinds_in(number)
            found |= {kind for place, kind in enumerate(kinds) if bits >> place & 1}
        return frozenset(found)

    def path_of(self, name: str) -> Path | None:
        """The file of that name below `folder`; None where the manifest names none.

        Raises
        ------
        ArchiveDamagedError
            The manifest names it and it is not there.
        """
        return self.present(name) if name in self.files else None

    def kinds_in(self, number: int) -> list[str]:
        """The kinds that a range has files of, sorted."""
        kinds = {kind for folder, kind in self._pieces if folder == range_folder(number)}
        return sorted(kinds - {kind_of_file(ENTERPRISES)})

    def verify(self) -> None:
        """Compare every file with the manifest.

        Raises
        ------
        ArchiveDamagedError
            Names the first file that is missing or changed.
        """
        for name, expected in self.files.items():
            if sha256_of(self.present(name)) != expected:
                raise ArchiveDamagedError(
                    f"档案文件 {name}（批次 {self.build_id}）与清单不符，可能被改动；请重建档案"
                    "（xinheng archive build --afresh）",
                    f"the archive file {name} (build {self.build_id}) is not what its manifest "
                    "says; it may have been changed, build the archive again "
                    "(xinheng archive build --afresh)",
                )

    def present(self, name: str) -> Path:
        """The file of that name below `folder`, which the manifest names.

        Raises
        ------
        ArchiveDamagedError
            It is not there.
        """
        path = self.folder / name
        if not path.is_file():
            raise ArchiveDamagedError(
                f"档案文件 {name}（批次 {self.build_id}）不见了；请重建档案"
                "（xinheng archive build --afresh）",
                f"the archive file {name} (build {self.build_id}) is gone; build the archive again"
                " (xinheng archive build --afresh)",
            )
        return path


def _kind_bits(path: Path, enterprise_ids: Sequence[str]) -> int:
    """A bit for each kind of which any of some enterprises has records."""
    if len(enterprise_ids) == 1:
        listed = rows_of(path, enterprise_ids[0], ["enterprise_id", KINDS])
    else:
        wanted = [("enterprise_id", "in", list(enterprise_ids))]
        listed = pq.read_table(path, columns=[KINDS], filters=wanted)
    # As Python's numbers: who shows one archive should not wait until pandas is imported.
    return reduce(or_, listed[KINDS].to_pylist(), 0)


def range_folder(number: int) -> str:
    """Name of a range's folder."""
    return f"range-{number:04d}"


def piece_file(kind: str, place: int) -> str:
    """Name of a file with records of a kind in its range; most kinds have one, numbered 0."""
    return f"{kind}-{place:04d}.parquet" if place else f"{kind}.parquet"


def kind_of_file(name: str) -> str:
    """The kind that a :func:`piece_file` holds."""
    return name.removesuffix(".parquet").partition("-")[0]


def rows_of(path: Path, enterprise_id: str, columns: Sequence[str]) -> pa.Table:
    """The rows of one enterprise, found by halving: a file is sorted by enterprise.

    ``pq.read_table`` with filters does the same, but it imports pandas, which takes longer than
    all the rest of showing an archive; ``Table.cast`` would import ``pyarrow.compute``.

    Raises
    ------
    ArchiveDamagedError
        The file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            place = file.schema_arrow.names.index("enterprise_id")
            groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
            bounds = [group.column(place).statistics for group in groups]
            wanted = [n for n, seen in enumerate(bounds) if seen.min <= enterprise_id <= seen.max]
            rows = file.read_row_groups(wanted, columns=list(columns)).select(columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise unreadable(path) from error
    ids, places = rows["enterprise_id"], range(rows.num_rows)
    first = bisect_left(places, enterprise_id, key=lambda n: ids[n].as_py())
    return rows.slice(
        first, bisect_right(places, enterprise_id, key=lambda n: ids[n].as_py()) - first
    )


def unreadable(path: Path) -> ArchiveDamagedError:
    """The error of a file of an archive that is there and cannot be read."""
    return ArchiveDamagedError(
        f"档案文件 {path} 损坏，无法读取；请重建档案（xinheng archive build --afresh）",
        f"the archive file {path} is damaged and cannot be read; build the archive again"
        " (xinheng archive build --afresh)",
    )


def open_archive(archive_dir: Path) -> Archive:
    """The build that ``CURRENT`` names.

    Raises
    ------
    ArchiveMissingError
        Nothing was built yet.
    ArchiveDamagedError
        The build is gone or its manifest cannot be read.
    ArchiveOutdatedError
        It was written for other record kinds than those of the catalogue now.
    """
    archive = _current_build(archive_dir)
    if archive.is_outdated:
        raise ArchiveOutdatedError(
            f"信用档案（批次 {archive.build_id}）是按旧的记录目录建立的，缺少现有字段；请重建档案"
            "（xinheng archive build，会自动全部重写，无需重新导入）",
            f"the archive (build {archive.build_id}) was built for an earlier catalogue of records"
            " and lacks columns of today's; build it again (xinheng archive build, which writes"
            " everything anew by itself; nothing need be imported again)",
        )
    return archive


def must_be_rewritten(archive_dir: Path) -> bool:
    """Whether there is an archive of other record kinds, which the next build writes anew."""
    try:
        return _current_build(archive_dir).is_outdated
    except (ArchiveMissingError, ArchiveDamagedError):
        return False


def _current_build(archive_dir: Path) -> Archive:
    current = archive_dir / CURRENT
    if not current.is_file():
        raise ArchiveMissingError(
            f"“{archive_dir}”中还没有信用档案；请先导入数据并建立档案（xinheng archive）",
            f'there is no archive in "{archive_dir}" yet; import records and build one '
            "(xinheng archive)",
        )
    build_id = current.read_text(encoding="ascii").strip()
    return read_build(archive_dir / build_id)


def read_build(folder: Path) -> Archive:
    """The archive of one build folder.

    Raises
    ------
    ArchiveDamagedError
        Its manifest is missing or is not one.
    """
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Archive(
            folder=folder,
            build_id=data["build_id"],
            based_on=data["based_on"],
            range_size=data["range_size"],
            boundaries=tuple(data["boundaries"]),
            range_enterprises=tuple(data["range_enterprises"]),
            latest_known_at=datetime.fromisoformat(data["latest_known_at"]),
            rows=data["rows"],
            files=data["files"],
            imports=tuple(data["imports"]),
            schema=data.get("schema", ""),
            starts=data.get("starts", {}),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ArchiveDamagedError(
            f"档案批次 {folder.name} 的清单缺失或损坏；请重建档案"
            "（xinheng archive build --afresh）",
            f"the manifest of archive build {folder.name} is missing or damaged; build it again "
            "(xinheng archive build --afresh)",
        ) from error


def describe_build(archive: Archive) -> bytes:
    """The manifest of a build, as JSON."""
    data = {
        "build_id": archive.build_id,
        "based_on": archive.based_on,
        "schema": archive.schema,
        "range_size": archive.range_size,
        "range_enterprises": list(archive.range_enterprises),
        "latest_known_at": archive.latest_known_at.isoformat(),
        "rows": dict(archive.rows),
        "imports": list(archive.imports),
        "boundaries": list(archive.boundaries),
        "files": dict(archive.files),
        "starts": dict(archive.starts),
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8")
