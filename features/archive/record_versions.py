"""One record through time: find it, and tell its versions apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from features.archive.files import Archive
from features.catalogue import SUPERSEDED_AT, record_kinds
from features.errors import AmbiguousRecordError, RecordAddressError, UnknownRecordError

if TYPE_CHECKING:  # looking one enterprise up needs no engine, which is slow to import
    from features.engine import Engine

# recorded: the first version. sent_again: a department said something else. corrected, withdrawn:
# by hand. late: came after what superseded it, so it was never in force.
Action = Literal["recorded", "sent_again", "corrected", "withdrawn", "late"]
_SHOWN_RECORDS = 20


@dataclass(frozen=True)
class RecordAddress:
    """Which record: `record_id` (with its kind where known), or kind, reference and enterprise."""

    record_id: str | None = None
    kind: str | None = None
    reference: str | None = None
    enterprise_id: str | None = None

    def check(self) -> None:
        """Refuse an address that cannot lead to one record.

        Raises
        ------
        RecordAddressError
            Something is missing, or there is no such kind.
        """
        if self.kind is not None and self.kind not in record_kinds():
            known = record_kinds()
            raise RecordAddressError(
                f"没有记录种类“{self.kind}”；可用：{'、'.join(known)}",
                f'there is no record kind "{self.kind}"; there are: {", ".join(known)}',
            )
        if not self.record_id and not (self.kind and self.reference and self.enterprise_id):
            raise RecordAddressError(
                "请给出记录编号（record_id），或同时给出记录种类、文号（编号）和企业代码",
                "name the record_id, or all three: kind, reference and enterprise",
            )

    def describe(self) -> str:
        """The address in a few words."""
        parts = (self.record_id, self.kind, self.reference, self.enterprise_id)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Version:
    """One version: its row of the archive, how it came, and ``{field: (before, after)}``."""

    row: Mapping[str, Any]
    action: Action
    changed: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordHistory:
    """A record and all its versions, oldest first; the last one in force is `newest`."""

    kind: str
    record_id: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Mapping[str, Any]:
        """The last row in force; of a record that was withdrawn, the row that withdrew it."""
        return next(v.row for v in reversed(self.versions) if v.action != "late")

    @property
    def reference(self) -> str:
        """What identifies it to a person."""
        value = self.newest[record_kinds()[self.kind].reference]
        return "" if value is None else str(value)


def find_record(engine: "Engine", archive: Archive, *, address: RecordAddress) -> RecordHistory:
    """The record at `address` with every version the archive holds.

    Raises
    ------
    RecordAddressError
        The address is incomplete.
    UnknownRecordError
        The archive has no such record.
    AmbiguousRecordError
        A reference stands in several records; the message lists them.
    """
    address.check()
    for kind in [address.kind] if address.kind else list(archive.rows):
        rows = _rows(engine, archive, kind=kind, address=address)
        ids = sorted({row["record_id"] for row in rows})
        if len(ids) > 1:
            raise _ambiguous(kind, rows)
        if ids:
            whole = RecordAddress(record_id=ids[0], enterprise_id=rows[0]["enterprise_id"])
            versions = _rows(engine, archive, kind=kind, address=whole)
            return RecordHistory(kind, ids[0], versions_of(kind, versions))
    raise UnknownRecordError(
        f"信用档案中没有这条记录：{address.describe()}。请核对，或先重新归档"
        "（xinheng archive build）",
        f"the archive has no such record: {address.describe()}. Check it, or build the archive "
        "again first (xinheng archive build)",
    )


def versions_of(kind: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Version, ...]:
    """The versions among the rows of one record, oldest first."""
    versions: list[Version] = []
    before: Mapping[str, Any] | None = None
    for row in sorted(rows, key=_in_time):
        if row[SUPERSEDED_AT] is not None and row[SUPERSEDED_AT] <= row["known_at"]:
            versions.append(Version(row, "late", _changes(kind, before, row)))
            continue
        versions.append(Version(row, _action(row, before), _changes(kind, before, row)))
        before = row
    return tuple(versions)


def _in_time(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """By the instant known; of several at one instant the one in force comes last."""
    superseded = row[SUPERSEDED_AT]
    return (row["known_at"], superseded is None, superseded or row["known_at"])


def _action(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Action:
    if row["is_withdrawn"]:
        return "withdrawn"
    if row["corrected_by"] is not None:
        return "corrected"
    return "recorded" if before is None else "sent_again"


def _changes(
    kind: str, before: Mapping[str, Any] | None, row: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    if before is None:
        return {}
    names = ("event_on", *record_kinds()[kind].fields)
    return {name: (before[name], row[name]) for name in names if before[name] != row[name]}


def _rows(
    engine: "Engine", archive: Archive, *, kind: str, address: RecordAddress
) -> list[dict[str, Any]]:
    range_no = archive.range_of(address.enterprise_id) if address.enterprise_id else None
    table = archive.table(engine, kind, range_no=range_no)
    if address.enterprise_id:
        table = table.filter(table.enterprise_id == address.enterprise_id)
    if address.record_id:
        table = table.filter(table.record_id == address.record_id)
    if address.reference:
        # A version that was superseded leads to its record as well.
        said = table[record_kinds()[kind].reference].cast("string")
        table = table.filter(said == address.reference)
    found: list[dict[str, Any]] = engine.to_arrow(table).to_pylist()
    return found


def _ambiguous(kind: str, rows: Sequence[Mapping[str, Any]]) -> AmbiguousRecordError:
    described = record_kinds()[kind]
    current = [row for row in rows if row[SUPERSEDED_AT] is None]
    current.sort(key=lambda row: (row["event_on"], row["record_id"]))
    lines = [
        f"  {row['record_id']}  {row['event_on']}  {row['enterprise_id']}  {row['source']}"
        for row in current[:_SHOWN_RECORDS]
    ]
    listed = "\n".join([*lines, *(["  …"] if len(current) > _SHOWN_RECORDS else [])])
    return AmbiguousRecordError(
        f"有 {len(current)} 条{described.zh}记录符合，请用记录编号指明其中一条：\n{listed}",
        f"{len(current)} {described.en} records fit; name one by its record_id (listed above)",
    )
