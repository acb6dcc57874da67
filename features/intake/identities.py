"""Rows that may come without a credit code: who they say they are, kept beside the records.

The register is not at hand when a file comes in, so such a row gets a temporary identity;
:mod:`features.identity` finds out later whose it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.identifiers import valid_uscc
from features.identity.temporary import IDENTITIES, IDENTITY_SCHEMA, temporary_ids
from features.intake.columns import TextColumn
from features.intake.enterprise_ids import look_at_numbers
from features.intake.text import half_width_all, plain_all, plain_capitals_all
from features.messages import Message
from law.files import sha256_of

_GIVEN = ("name", "address", "registration_no", "uscc")
_FAULT = Message(
    "没有有效的统一社会信用代码，名称、地址、注册号又都为空，无法确定主体；请至少补填名称",
    "no valid credit code, and name, address and registration number are all empty: nobody can "
    "tell whose row it is; fill in at least the name",
)
_TEMPORARY = Message(
    "没有统一社会信用代码，暂以临时编号归集；建档后请运行 xinheng identity resolve",
    "without a credit code, kept under a temporary identity; after building the archive run "
    "xinheng identity resolve",
)
_BAD_CODE = Message(
    "统一社会信用代码有误，改按注册号、名称和地址识别",
    "the credit code is wrong; the row goes by registration number, name and address",
)
_ODD_NUMBER = Message(
    "【注册号】格式或校验位可疑，已照录，请核对",
    "[registration number] its form or check digit is doubtful; kept as written, check it",
)


@dataclass(frozen=True)
class Identified:
    """`ids` and `identities` have an entry for every row; `nameless` are the rows with `fault`."""

    ids: Any
    identities: pa.Table
    nameless: Any
    fault: Message
    notes: Mapping[Message, Any]


def identify(
    parts: Mapping[str, TextColumn], *, rows: int, exceptions: frozenset[str]
) -> Identified:
    """Valid codes as they are, a temporary identity for every other row.

    Parameters
    ----------
    parts
        The columns of the mapping: any of ``uscc``, ``registration_no``, ``name``, ``address``.
    exceptions
        Codes confirmed although their check character does not fit.
    """
    given = {name: _spread(parts.get(name), rows) for name in _GIVEN}
    distinct, places = _distinct(given)
    code = plain_capitals_all(distinct["uscc"])
    number = plain_all(half_width_all(distinct["registration_no"]))
    # Departments write the new code into the old column.
    code = pc.if_else(_valid(number, exceptions) & ~_valid(code, exceptions), number, code)
    valid = _valid(code, exceptions)
    ids = pc.if_else(
        pa.array(valid), code, temporary_ids(distinct["name"], distinct["address"], number)
    )
    empty = [np.asarray(pc.equal(distinct[name], "")) for name in _GIVEN[:3]]
    identities = pa.table(
        {
            "temporary_id": pc.if_else(pa.array(valid), None, ids),
            **{name: distinct[name] for name in ("name", "address")},
            "registration_no": number,
            "uscc": distinct["uscc"],
        }
    )
    wrong = ~valid & ~np.asarray(pc.equal(distinct["uscc"], ""))
    odd = _odd_numbers(parts.get("registration_no"), rows) & ~valid[places]
    nobody = ~valid & np.logical_and.reduce(empty)
    notes = {_TEMPORARY: (~valid & ~nobody)[places], _BAD_CODE: wrong[places], _ODD_NUMBER: odd}
    return Identified(
        ids=ids.take(pa.array(places)),
        identities=identities.take(pa.array(places)),
        nameless=np.flatnonzero(nobody[places]),
        fault=_FAULT,
        notes={note: mask for note, mask in notes.items() if mask.any()},
    )


class IdentityStage:
    """Collects the identities of every chunk; one file at the end, none without any."""

    def __init__(self, folder: Path, *, import_id: str) -> None:
        self._path = folder / IDENTITIES
        self._import_id = import_id
        self._tables: list[pa.Table] = []

    def add(self, result: Any, *, good: Any, row_numbers: Any) -> None:
        """Keep the identities of a rule's accepted rows that have no code."""
        if result.identities is None:
            return
        table = result.identities.append_column("event_on", result.table["event_on"])
        table = table.filter(pa.array(good))
        table = table.append_column("import_id", pa.repeat(pa.scalar(self._import_id), len(table)))
        table = table.append_column("row_no", pa.array(row_numbers, pa.int64()))
        table = table.filter(pc.is_valid(table["temporary_id"]))
        self._tables.append(table.select(IDENTITY_SCHEMA.names).cast(IDENTITY_SCHEMA))

    def finish(self) -> dict[str, str]:
        """Write the file; its SHA-256 by its name, nothing where every row had a code."""
        whole = pa.concat_tables([IDENTITY_SCHEMA.empty_table(), *self._tables])
        if not whole.num_rows:
            return {}
        # A row that gives records of several kinds says once who it is.
        once = whole.group_by(IDENTITY_SCHEMA.names).aggregate([]).select(IDENTITY_SCHEMA.names)
        pq.write_table(
            once.sort_by([("temporary_id", "ascending"), ("row_no", "ascending")]), self._path
        )
        return {IDENTITIES: sha256_of(self._path)}


def _spread(column: TextColumn | None, rows: int) -> Any:
    if column is None:
        return pa.repeat(pa.scalar(""), rows)
    return column.texts.take(pa.array(column.codes))


def _distinct(given: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The distinct rows, and the place of each row among them."""
    frame = pd.DataFrame(
        {name: texts.to_numpy(zero_copy_only=False) for name, texts in given.items()}
    )
    places = frame.groupby(list(given), sort=False).ngroup().to_numpy()
    once = frame.drop_duplicates()
    return {name: pa.array(once[name], pa.string()) for name in given}, places


def _valid(codes: Any, exceptions: frozenset[str]) -> Any:
    confirmed = np.asarray(pc.is_in(codes, value_set=pa.array(sorted(exceptions), pa.string())))
    return valid_uscc(codes.to_numpy(zero_copy_only=False)) | confirmed


def _odd_numbers(column: TextColumn | None, rows: int) -> Any:
    if column is None:
        return np.zeros(rows, dtype=bool)
    odd, _ = look_at_numbers(column, scheme="registration_number")
    return np.isin(column.codes, np.fromiter(odd, dtype=np.int64))
