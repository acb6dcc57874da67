"""Results of a drawn round: taken in from a file, kept beside the evidence."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.folders import hold
from features.intake.excel_files import open_excel
from scoring.double_random.campaign import DRAW, SELECTED
from scoring.double_random.documents import DrawRecord, Plan
from scoring.double_random.estimates import no_results
from scoring.double_random.planning import PLAN
from scoring.double_random.results_file import read_results_file
from scoring.double_random.results_table import (
    KEY,
    RESULTS,
    ResultRules,
    check_results,
    make_results,
)
from scoring.double_random.tables import INSPECTORS, read_table, read_text_table
from scoring.double_random.verification import MANIFEST
from scoring.double_random.visits import next_act, results_of, rows_of
from service.campaigns.errors import (
    CorrectorMissingError,
    HandInMissingError,
    ResultsChangedError,
    RoundNotDrawnError,
    UnknownRoundError,
)
from service.campaigns.store import frozen_folder, list_rounds
from service.campaigns.visit_files import load_acts, write_journal
from service.clock import office_day

_EXCEL = (".xlsx", ".xls", ".ods")
_BY_FILE = "文件导入 file"


@dataclass(frozen=True)
class TakenIn:
    """What an import did: rows added, rows changed, rows that were there already."""

    added: int
    changed: int
    unchanged: int
    total: int


def drawn_folder(campaigns_dir: Path, round_id: str) -> Path:
    """The folder of a drawn round.

    Raises
    ------
    UnknownRoundError
        No such round; its subclass RoundNotDrawnError when it is not drawn yet.
    """
    folder = frozen_folder(campaigns_dir, round_id)
    if (folder / MANIFEST).is_file():
        return folder
    if round_id in list_rounds(campaigns_dir):
        raise RoundNotDrawnError(round_id)
    raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))


def take_in_results(
    campaigns_dir: Path,
    round_id: str,
    path: Path,
    *,
    now: datetime,
    replace: bool = False,
    by: str = "",
    reason: str = "",
) -> TakenIn:
    """Add the results of a file (CSV or Excel) to those of a round, all of them or none.

    Rows that stand there already are passed over. `replace` lets a row take the place of another
    one of the same enterprise and item; the journal keeps both, with `by` and `reason`.

    Raises
    ------
    UnknownRoundError, HandInMissingError, ResultsChangedError, CorrectorMissingError
        The round is not drawn; the file is not there; a row would change a result, or does so
        without saying by whom and why.
    scoring.errors.InputTableError, scoring.errors.ResultsError
        Every fault of the file.
    """
    if replace and not (by.strip() and reason.strip()):
        raise CorrectorMissingError
    folder = drawn_folder(campaigns_dir, round_id)
    rows = read_results_file(_read_text(path))
    new = make_results(rows, round_id=round_id)
    with hold(campaigns_dir):
        acts = load_acts(folder)
        old = results_of(acts, round_id=round_id)
        check_results(new, result_rules(folder, latest_day=office_day(now.replace(tzinfo=None))))
        taken, done = _find_new(old, new, round_id=round_id, replace=replace)
        if done.added or done.changed:
            act = next_act(
                acts,
                round_id=round_id,
                kind="imported",
                at=now,
                by=by or _BY_FILE,
                reason="；".join(filter(None, (path.name, reason.strip()))),
                rows=rows_of(taken),
            )
            write_journal(folder, [*acts, act], round_id=round_id)
    return done


def load_results(campaigns_dir: Path, round_id: str) -> pa.Table:
    """The results of a drawn round so far; an empty table before the first."""
    path = drawn_folder(campaigns_dir, round_id) / RESULTS
    table: pa.Table = pq.read_table(path) if path.is_file() else no_results()
    return table


def result_rules(folder: Path, *, latest_day: date) -> ResultRules:
    """What results of the round in `folder` are checked against."""
    plan = Plan.read((folder / PLAN).read_bytes(), name=PLAN)
    draw = DrawRecord.read((folder / DRAW).read_bytes(), name=DRAW)
    roster = read_table((folder / INSPECTORS.file).read_bytes(), INSPECTORS)
    return ResultRules(
        round_id=plan.round,
        items=plan.items,
        codes=read_selected(folder)["uscc"].tolist(),
        inspectors=roster["inspector_id"].tolist(),
        minimum_inspectors=plan.team.minimum,
        drawn_on=office_day(draw.drawn_at.replace(tzinfo=None)),
        latest_day=latest_day,
    )


def read_selected(folder: Path) -> pd.DataFrame:
    """The drawn and the reserves: uscc, stratum, rank, role, ticket, as text."""
    return pd.read_csv(folder / SELECTED, dtype=str)


def _read_text(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise HandInMissingError(path)
    if path.suffix.lower() not in _EXCEL:
        return read_text_table(path.read_bytes(), file=path.name, zh="检查结果")
    opened = open_excel(path, sheet=None, header_row=1)
    parts = [chunk.table.to_pandas() for chunk in opened.chunks]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*opened.keys])
    return rows.set_axis(list(opened.header), axis=1)


def _find_new(
    old: pa.Table, new: pa.Table, *, round_id: str, replace: bool
) -> tuple[pa.Table, TakenIn]:
    """Rows of `new` that say something new, and how many of which sort they are."""
    told, before = _as_text(new), _as_text(old)
    found = told.merge(before, on=KEY, how="left", suffixes=("", "_before"), indicator=True)
    is_new = (found["_merge"] == "left_only").to_numpy()
    columns = [name for name in told if name not in KEY]
    differs = found[columns].to_numpy() != found[[f"{name}_before" for name in columns]].to_numpy()
    is_changed = ~is_new & differs.any(axis=1)
    changed = found.loc[is_changed, KEY]
    if len(changed) and not replace:
        raise ResultsChangedError(round_id, changed.agg("/".join, axis=1).tolist())
    added, corrected = int(is_new.sum()), int(is_changed.sum())
    done = TakenIn(added, corrected, len(found) - added - corrected, old.num_rows + added)
    return new.filter(pa.array(is_new | is_changed)), done


def _as_text(table: pa.Table) -> pd.DataFrame:
    """Rows that compare as text, in their order."""
    plain = table
    for name in ("inspectors", "attachments"):
        joined = pc.binary_join(table[name], ";")
        plain = plain.set_column(table.schema.get_field_index(name), name, joined)
    columns = {name: pc.fill_null(plain[name].cast("string"), "") for name in plain.column_names}
    return pd.DataFrame(pa.table(columns).to_pandas())
