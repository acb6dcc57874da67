"""What an import did; kept as the manifest of its folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from features.errors import UnknownImportError
from features.messages import Message
from law.files import write_atomically

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ImportReport:
    """Counts of one import.

    `rows` are the filled rows of the file, each of them accepted, rejected or skipped (no rule
    takes it). `accepted` counts records by kind: one row may give several. `duplicates` counts
    records that repeat the key of another record of the same file. `received_at` is naive UTC.
    `files` gives the SHA-256 of each file of records. `reasons` are the most frequent reasons of
    rejection with the rows they hold for, most frequent first; a row may count under several.
    """

    import_id: str
    source: str
    file_name: str
    file_sha256: str
    mapping_sha256: str
    received_at: datetime
    rows: int
    accepted: Mapping[str, int]
    rejected_rows: int
    skipped_rows: int
    duplicates: int
    warnings: tuple[Message, ...]
    reject_file: Path | None
    files: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[tuple[Message, int], ...] = ()
    already_imported: bool = False

    def as_already_imported(self) -> "ImportReport":
        """The report of the first time, marked; nothing was changed now."""
        return replace(self, already_imported=True)

    def describe(self) -> Message:
        """The report in one sentence."""
        if self.already_imported:
            return Message(
                f"“{self.file_name}”已于 {self.received_at:%Y-%m-%d} 导入过"
                f"（{self.import_id}），未作任何改动；如需重做请先撤销该次导入",
                f'"{self.file_name}" was imported on {self.received_at:%Y-%m-%d} '
                f"({self.import_id}); nothing was changed; to do it again undo that import first",
            )
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.accepted.items()) or "0"
        return Message(
            f"“{self.file_name}”共 {self.rows} 行：记录 {kinds}；"
            f"退回 {self.rejected_rows} 行，跳过 {self.skipped_rows} 行",
            f'"{self.file_name}": {self.rows} rows, records: {kinds}; '
            f"{self.rejected_rows} rejected, {self.skipped_rows} skipped",
        )


def write_report(report: ImportReport, folder: Path) -> None:
    """Write the manifest; an import folder without one never happened."""
    data = asdict(report)
    data["received_at"] = report.received_at.isoformat()
    data["reject_file"] = report.reject_file.name if report.reject_file else None
    data["warnings"] = [{"zh": note.zh, "en": note.en} for note in report.warnings]
    data["reasons"] = [{"zh": r.zh, "en": r.en, "rows": rows} for r, rows in report.reasons]
    del data["already_imported"]
    text = json.dumps(data, ensure_ascii=False, indent=2)
    write_atomically(folder / MANIFEST, text.encode("utf-8"))


def read_report(folder: Path) -> ImportReport:
    """The report of a finished import.

    Raises
    ------
    UnknownImportError
        There is no such import.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UnknownImportError(
            f"没有编号为 {folder.name} 的导入", f"there is no import {folder.name}"
        )
    data = json.loads(path.read_text(encoding="utf-8"))
    data["received_at"] = datetime.fromisoformat(data["received_at"])
    data["reject_file"] = folder / data["reject_file"] if data["reject_file"] else None
    data["warnings"] = tuple(Message(**note) for note in data["warnings"])
    told = data.get("reasons", [])  # imports of an earlier release have none
    data["reasons"] = tuple((Message(one["zh"], one["en"]), one["rows"]) for one in told)
    return ImportReport(**data)


def list_imports(records_dir: Path) -> list[ImportReport]:
    """Every finished import, oldest first (equal instants by import_id)."""
    folders = [path.parent for path in records_dir.glob(f"*/{MANIFEST}") if _is_import(path.parent)]
    reports = [read_report(folder) for folder in folders]
    return sorted(reports, key=lambda report: (report.received_at, report.import_id))


def _is_import(folder: Path) -> bool:
    return not folder.name.startswith(".")
