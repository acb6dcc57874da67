"""Labels for the publicity system: a file out, the acknowledgement back in.

The file is a CSV (UTF-8 with byte order mark); ``docs/key_enterprises.md`` describes its columns.
"""

import csv
import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import KeyListError
from features.folders import hold
from features.key_enterprises.editions import get_edition, read_list
from features.key_enterprises.types import key_types
from features.messages import Message
from law.files import sha256_of, write_atomically

FOLDER, RECEIPTS = "labels", "acknowledgements.jsonl"
PUT, TAKE = "标注", "取消标注"
DONE, FAILED = "成功", "失败"
_CODE, _TYPE, _ACTION = "统一社会信用代码", "标注类型代码", "操作"
_EXPORT_COLUMNS = (
    _CODE,
    "名称",
    _TYPE,
    "标注类型",
    _ACTION,
    "起始日期",
    "依据",
    "清单版次",
    "清单截至",
)
_STATE, _RECEIPT, _WHY = "回执状态", "回执编号", "失败原因"
_RECEIPT_COLUMNS = (_CODE, _TYPE, _STATE)


@dataclass(frozen=True)
class Acknowledgement:
    """One line of the publicity system's answer; `action` is what had been asked."""

    edition: int
    enterprise_id: str
    type: str
    action: str
    state: str
    receipt_no: str
    failure: str
    recorded_by: str
    recorded_at: datetime
    file_sha256: str


def export_labels(folder: Path, number: int | None = None) -> tuple[Path, int, int]:
    """Write the label file of an edition; the same edition gives the same file.

    Every row of the list is there with 标注. A label of an earlier file that is no longer in the
    list is there with 取消标注 until its removal was acknowledged.

    Returns
    -------
    The file, and how many labels it puts and takes away.
    """
    with hold(folder):
        edition = get_edition(folder, number)
        rows = read_list(folder, edition.number).to_pandas()
        zh = {kind.code: kind.zh for kind in key_types(on=edition.as_of)}
        table = pd.DataFrame(
            {
                _CODE: rows["enterprise_id"],
                "名称": rows["name"],
                _TYPE: rows["type"],
                "标注类型": rows["type"].map(zh),
                _ACTION: PUT,
                "起始日期": rows["since"].astype(str).where(rows["since"].notna(), ""),
                "依据": rows["because"],
            }
        )
        gone = _to_take_away(folder, edition.number, table)
        whole = pd.concat([table, gone], ignore_index=True).fillna("")
        whole["清单版次"], whole["清单截至"] = str(edition.number), edition.as_of.isoformat()
        path = _path(folder, edition.number)
        write_atomically(path, _csv_bytes(whole[list(_EXPORT_COLUMNS)]))
    return path, len(table), len(gone)


def record_acknowledgement(
    folder: Path, answer: Path, *, number: int, recorded_by: str, recorded_at: datetime
) -> tuple[int, int]:
    """Take in the publicity system's answer to a label file; all rows or none.

    Parameters
    ----------
    answer
        CSV with 统一社会信用代码, 标注类型代码, 回执状态 (成功 or 失败), and where
        given 回执编号 and 失败原因.

    Returns
    -------
    How many labels succeeded and failed.

    Raises
    ------
    KeyListError
        The labels were never exported, or rows are at fault; all of them are named.
    """
    with hold(folder):
        sent = _read_export(folder, number)
        asked = dict(zip(zip(sent[_CODE], sent[_TYPE], strict=True), sent[_ACTION], strict=True))
        rows = _read_answer(answer)
        faults = _faults(rows, asked)
        if faults:
            raise KeyListError(
                f"回执“{answer.name}”未导入：\n  " + "\n  ".join(fault.zh for fault in faults),
                f'nothing of "{answer.name}" was recorded:\n  '
                + "\n  ".join(fault.en for fault in faults),
            )
        lines = [
            Acknowledgement(
                edition=number,
                enterprise_id=row[_CODE],
                type=row[_TYPE],
                action=asked[row[_CODE], row[_TYPE]],
                state=row[_STATE],
                receipt_no=row.get(_RECEIPT, ""),
                failure=row.get(_WHY, ""),
                recorded_by=recorded_by,
                recorded_at=recorded_at,
                file_sha256=sha256_of(answer),
            )
            for row in rows
        ]
        _append(folder, lines)
    done = sum(line.state == DONE for line in lines)
    return done, len(lines) - done


def read_acknowledgements(folder: Path) -> pd.DataFrame:
    """Every recorded answer in its order, with the columns of :class:`Acknowledgement`."""
    path = folder / RECEIPTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = list(Acknowledgement.__dataclass_fields__)
    return pd.DataFrame([json.loads(line) for line in lines], columns=names)


def _to_take_away(folder: Path, number: int, current: pd.DataFrame) -> pd.DataFrame:
    earlier = [
        _read_export(folder, one) for one in range(1, number) if _path(folder, one).is_file()
    ]
    if not earlier:
        return current.iloc[:0]
    last = pd.concat(earlier).drop_duplicates([_CODE, _TYPE], keep="last")
    answers = read_acknowledgements(folder)
    done = answers[(answers["state"] == DONE) & (answers["edition"] < number)]
    done = done.drop_duplicates(["enterprise_id", "type"], keep="last")
    taken = done.loc[done["action"] == TAKE, ["enterprise_id", "type"]]
    keys = pd.MultiIndex.from_frame(last[[_CODE, _TYPE]])
    over = keys.isin(pd.MultiIndex.from_frame(taken)) & (last[_ACTION] == TAKE)
    still = keys.isin(pd.MultiIndex.from_frame(current[[_CODE, _TYPE]]))
    return last[~np.asarray(over) & ~still].assign(**{_ACTION: TAKE})[list(current.columns)]


def _faults(rows: list[dict[str, str]], asked: dict[tuple[str, str], str]) -> list[Message]:
    faults = []
    for number, row in enumerate(rows, start=2):
        code, kind = row[_CODE], row[_TYPE]
        if (code, kind) not in asked:
            faults.append(
                Message(
                    f"第 {number} 行：标注文件中没有 {code} 的 {kind}",
                    f"row {number}: the label file has no {kind} of {code}",
                )
            )
        if row[_STATE] not in (DONE, FAILED):
            faults.append(
                Message(
                    f"第 {number} 行：回执状态“{row[_STATE]}”应为 {DONE} 或 {FAILED}",
                    f'row {number}: the state "{row[_STATE]}" must be {DONE} or {FAILED}',
                )
            )
    return faults


def _read_answer(path: Path) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise KeyListError(
            f"回执“{path.name}”不是 UTF-8 的 CSV（{error}）",
            f'"{path.name}" is no CSV in UTF-8 ({error})',
        ) from error
    missing = [name for name in _RECEIPT_COLUMNS if not rows or name not in rows[0]]
    if missing:
        listed = "、".join(missing)
        raise KeyListError(
            f"回执“{path.name}”没有数据或缺少列：{listed}",
            f'"{path.name}" has no rows or lacks columns: {listed}',
        )
    return [{name: (value or "").strip() for name, value in row.items() if name} for row in rows]


def _read_export(folder: Path, number: int) -> pd.DataFrame:
    path = _path(folder, number)
    if not path.is_file():
        raise KeyListError(
            f"第 {number} 版的标注文件还没有导出；请先 xinheng key-list export-labels",
            f"the labels of edition {number} were not exported yet; run: xinheng key-list"
            " export-labels",
        )
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _append(folder: Path, lines: list[Acknowledgement]) -> None:
    path = folder / RECEIPTS
    before = path.read_bytes() if path.is_file() else b""
    texts = [
        json.dumps(
            {**asdict(line), "recorded_at": line.recorded_at.isoformat()}, ensure_ascii=False
        )
        for line in lines
    ]
    write_atomically(path, before + ("\n".join(texts) + "\n").encode("utf-8"))


def _csv_bytes(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _path(folder: Path, number: int) -> Path:
    return folder / FOLDER / f"labels-{number:04d}.csv"
