"""One pass over one file: every chunk judged, good rows staged, bad rows explained."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import SourceFileError
from features.intake.files import open_source
from features.intake.headers import check_header, refuse_data_without_header
from features.intake.identities import IdentityStage
from features.intake.lookups import LookupTable
from features.intake.opened import Chunk, OpenedFile, Progress, is_unnamed
from features.intake.problems import Notes, RowFaults
from features.intake.rejects import BROKEN_ROW, RejectWriter
from features.intake.report import ImportReport
from features.intake.rules import RuleRun, Setting
from features.intake.staging import RecordStage
from features.intake.text import blank_rows, total_rows
from features.messages import Message

_TOLD_REASONS = 50
_TOTAL_ROW = Message(
    "本行是合计行，不是一条记录；请删去", "a row of totals is no record; delete it"
)


class ImportRun:
    """Reads `path` into `stage`; nothing outside that folder is touched."""

    def __init__(self, path: Path, *, setting: Setting, stage: Path, import_id: str) -> None:
        mapping = setting.mapping
        self._path = path
        self._setting = setting
        self._import_id = import_id
        self._notes = Notes()
        self._opened: OpenedFile = open_source(path, mapping=mapping)
        check_header(self._opened, mapping=mapping, path=path)
        self._lookups = [
            LookupTable(lookup, folder=path.parent, mapping=mapping) for lookup in mapping.lookups
        ]
        common = {
            "source": mapping.source,
            "provider": mapping.provider,
            "import_id": import_id,
        }
        self._records = RecordStage(stage, common=common)
        self._identities = IdentityStage(stage, import_id=import_id)
        self._rejects = RejectWriter(
            self._opened, folder=stage, stem=path.stem, as_excel=mapping.format == "excel"
        )
        self._reasons: Counter[Message] = Counter()
        self._rows = self._skipped = 0

    def note_earlier(self, reports: Iterable[ImportReport], *, file_sha256: str) -> None:
        """Say when the same file came in before under another version of its mapping."""
        for report in reports:
            if report.file_sha256 == file_sha256 and report.import_id != self._import_id:
                self._notes.add(
                    Message(
                        f"同一文件曾按另一映射（或旧版映射）导入，编号 {report.import_id}；"
                        "如旧结果有误，请撤销该次导入",
                        "the same file was imported under another mapping or version of it, "
                        f"{report.import_id}; undo that import if its result was wrong",
                    )
                )

    def read(self, progress: Progress | None) -> None:
        """Read every chunk.

        Raises
        ------
        SourceFileError
            The file has a header and nothing else, or values without a header.
        """
        done = 0
        for chunk in self._opened.chunks:
            if not done:
                refuse_data_without_header(chunk, path=self._path)
            done += chunk.table.num_rows + len(chunk.broken)
            self._take(_without_blank_rows(chunk))
            if progress is not None:
                progress(done, self._opened.total_rows)
        if not self._rows:
            raise SourceFileError(
                f"文件“{self._path.name}”只有表头，没有数据；未导入任何内容",
                f'the file "{self._path.name}" has a header and no rows; nothing was imported',
            )

    def report(self, *, file_sha256: str) -> ImportReport:
        """Seal the records and count."""
        reject_file = self._rejects.close()
        accepted, duplicates, hashes = self._records.finish()
        return ImportReport(
            import_id=self._import_id,
            source=self._setting.mapping.source,
            file_name=self._path.name,
            file_sha256=file_sha256,
            mapping_sha256=self._setting.mapping.digest,
            received_at=self._setting.received_at,
            rows=self._rows,
            accepted=accepted,
            rejected_rows=self._rejects.rows,
            skipped_rows=self._skipped,
            duplicates=duplicates,
            warnings=self._notes.messages(),
            reject_file=reject_file,
            files={**hashes, **self._identities.finish()},
            reasons=tuple(self._reasons.most_common(_TOLD_REASONS)),
        )

    def _take(self, chunk: Chunk) -> None:
        """Judge the rows of a chunk: a row with any fault in any of its records is rejected."""
        faults = RowFaults(chunk.table.num_rows)
        table = chunk.table
        for lookup in self._lookups:
            table = lookup.join(table, faults=faults)
        taken = np.zeros(table.num_rows, dtype=bool)
        results = []
        for rule in self._setting.mapping.records:
            run = RuleRun(rule, setting=self._setting, faults=faults, notes=self._notes)
            result = run.run(table, row_numbers=chunk.row_numbers)
            taken[result.rows] = True
            results.append((rule.kind, result))
        _refuse_values_without_header(chunk.table, faults=faults)
        faults.say_only(np.flatnonzero(total_rows(chunk.table)), _TOTAL_ROW)
        rejected = faults.rejected()
        for kind, result in results:
            good = ~rejected[result.rows]
            numbers = chunk.row_numbers[result.rows[good]]
            self._records.add(kind, result.table.filter(pa.array(good)), row_numbers=numbers)
            self._identities.add(result, good=good, row_numbers=numbers)
        self._rejects.write(chunk, faults)
        self._reasons.update(faults.reasons())
        if chunk.broken:
            self._reasons[BROKEN_ROW] += len(chunk.broken)
        self._rows += table.num_rows + len(chunk.broken)
        self._skipped += int((~taken & ~rejected).sum())


def _without_blank_rows(chunk: Chunk) -> Chunk:
    filled = ~blank_rows(chunk.table.columns)
    broken = tuple(row for row in chunk.broken if any(cell.strip() for cell in row.cells))
    return Chunk(chunk.table.filter(pa.array(filled)), chunk.row_numbers[filled], broken)


def _refuse_values_without_header(table: Any, *, faults: RowFaults) -> None:
    for place, key in enumerate(table.column_names, start=1):
        if is_unnamed(key):
            filled = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(table[key]), ""))
            faults.add(
                np.flatnonzero(filled),
                f"第 {place} 列没有列名却有内容；请移到有列名的列或删去",
                f"column {place} has no header and yet a value; move or delete it",
            )
