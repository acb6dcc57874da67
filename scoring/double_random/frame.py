"""The frozen library of objects: one row `uscc 0x1F stratum` each, sorted by bytes, unique.

The bytes of the file *are* the frame: there is one way to write it, and whatever is written in
another way is refused instead of being repaired in silence.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import lt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from features.messages import Message
from scoring.errors import FrameError, refuse

SEPARATOR = b"\x1f"
BOM = b"\xef\xbb\xbf"
# Codes of registers without a USCC may hold marks; blanks, commas, quotes and line ends may not
# stand in one, since a row must read the same in CSV, in SQL and in a shell.
ID_PATTERN = r"^[0-9A-Za-z][0-9A-Za-z._:/#+()-]*$"
_CONTENT = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/#+()-\x1f\n"
_SHOWN = 10
CHUNK = 250_000  # rows that stand as Python objects at a time; 18 million would not fit


@dataclass(frozen=True)
class Frame:
    """Enterprises in byte order, each with its stratum.

    `codes` holds the enterprise codes as Arrow binary; `stratum_codes` has the same length and
    points into `stratum_names`.
    """

    content: bytes
    codes: pa.Array
    stratum_codes: npt.NDArray[np.int64]
    stratum_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def chunks(self) -> Iterator[list[bytes]]:
        """The enterprise codes in order, some at a time."""
        for start in range(0, len(self.codes), CHUNK):
            yield self.codes.slice(start, CHUNK).to_pylist()

    def populations(self) -> dict[str, int]:
        """Number of enterprises in every stratum that has one."""
        counts = np.bincount(self.stratum_codes, minlength=len(self.stratum_names))
        return {name: int(count) for name, count in zip(self.stratum_names, counts, strict=True)}


def build_frame(ids: Any, strata: Any) -> Frame:
    """Put enterprises and their strata (columns of text, same length, any order) in canonical form.

    Raises
    ------
    FrameError
        Naming the codes that are blank, hold a mark that may not stand in a code (full-width,
        BOM, line end, blank), or stand twice (capital and small letters count as the same).
    """
    codes = pa.array(ids, pa.large_string(), from_pandas=True)
    _refuse_faulty_ids(codes)
    return parse_frame(_sorted_rows(codes, strata))


def _sorted_rows(codes: pa.Array, strata: Any) -> bytes:
    # Apart, so that its columns are gone before the rows are read: they are gigabytes.
    order = pc.sort_indices(codes)
    ordered = pa.array(strata, pa.large_string(), from_pandas=True).take(order)
    parts = (codes.take(order), SEPARATOR.decode(), ordered, "\n", "")
    rows = pc.binary_join_element_wise(
        *(pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in parts)
    )
    # Arrow keeps the texts of a column one after the other: that run of bytes is the file.
    _, offsets, content = rows.buffers()
    end = int(np.frombuffer(offsets, dtype=np.int64)[len(rows)])
    found: bytes = content.slice(0, end).to_pybytes()
    return found


def parse_frame(content: bytes) -> Frame:
    """Read a frame file, which must already be canonical.

    Raises
    ------
    FrameError
        Naming the first row that is not as it must be.
    """
    _refuse_foreign_bytes(content)
    _refuse_broken_rows(content)
    table = pv.read_csv(
        pa.BufferReader(content),
        read_options=pv.ReadOptions(column_names=["code", "stratum"]),
        parse_options=pv.ParseOptions(delimiter=SEPARATOR.decode(), quote_char=False),
        convert_options=pv.ConvertOptions(
            column_types={"code": pa.large_binary(), "stratum": pa.string()},
            strings_can_be_null=False,
        ),
    )
    strata = table["stratum"].combine_chunks().dictionary_encode()
    frame = Frame(
        content=content,
        codes=table["code"].combine_chunks(),
        stratum_codes=strata.indices.to_numpy().astype(np.int64),
        stratum_names=tuple(strata.dictionary.to_pylist()),
    )
    _refuse_disorder(frame)
    return frame


def _refuse_faulty_ids(codes: pa.Array) -> None:
    if not len(codes):
        raise FrameError(
            "名录库为空，没有可抽取的对象", "The library is empty: nothing to draw from"
        )
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(codes), ""), True)
    fits = pc.fill_null(pc.match_substring_regex(codes, ID_PATTERN), False)
    faults: list[Message] = []
    if blanks := pc.sum(blank).as_py():
        faults.append(Message(f"{blanks} 行没有企业代码", f"{blanks} rows have no enterprise code"))
    faulty = codes.filter(pc.and_(pc.invert(fits), pc.invert(blank))).to_pylist()
    faults.extend(_describe_faulty(code) for code in faulty[:_SHOWN])
    counted = pc.value_counts(pc.utf8_upper(codes.drop_null()))
    twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1)).to_pylist()
    faults.extend(
        Message(f"企业代码重复：{code}", f"enterprise code stands twice: {code}")
        for code in twice[:_SHOWN]
    )
    refuse(FrameError, faults)


def _describe_faulty(code: str) -> Message:
    plain = unicodedata.normalize("NFKC", code).strip().strip("\ufeff")
    if re.fullmatch(ID_PATTERN, plain):
        return Message(
            f"企业代码 {code!r} 含全角字符、BOM、换行或空格，应写作 {plain}",
            f"enterprise code {code!r} holds full-width characters, a BOM, a line end or a blank;"
            f" write {plain}",
        )
    return Message(
        f"企业代码 {code!r} 含不允许的字符",
        f"enterprise code {code!r} holds characters that may not stand in a code",
    )


def _refuse_foreign_bytes(content: bytes) -> None:
    if content.startswith(BOM):
        raise FrameError("抽样框开头有 BOM，须去掉", "The frame begins with a BOM; remove it")
    if b"\r" in content:
        raise FrameError("抽样框使用 CRLF 换行，须改为 LF", "The frame has CRLF line ends; use LF")
    if not content:
        raise FrameError("抽样框为空", "The frame is empty")
    if not content.endswith(b"\n"):
        raise FrameError("抽样框末行没有换行", "The last row of the frame has no line end")
    # Vectorised in C: what is left after deleting everything allowed.
    if foreign := content.translate(None, _CONTENT):
        offset = content.index(foreign[:1])
        _refuse_row(content, offset, "含不允许的字符（如全角或空格）", "holds a foreign character")


def _refuse_broken_rows(content: bytes) -> None:
    octets = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(octets == ord("\n"))
    marks = np.flatnonzero(octets == SEPARATOR[0])
    starts = np.concatenate([[0], ends[:-1] + 1])
    # An empty code or stratum leaves the separator at the edge of its row.
    broken = np.flatnonzero(
        (np.diff(np.searchsorted(marks, ends), prepend=0) != 1)
        | (octets[starts] == SEPARATOR[0])
        | (octets[np.maximum(ends - 1, 0)] == SEPARATOR[0])
    )
    if len(broken):
        _refuse_row(
            content, int(starts[broken[0]]), "应为「代码 0x1F 层」", "must be code 0x1F stratum"
        )


def _refuse_disorder(frame: Frame) -> None:
    # 0x1F sorts below every character of a code, so the order of rows is the order of codes.
    row, last = 1, b""
    for chunk in frame.chunks():
        codes = [last, *chunk]
        if not all(map(lt, codes, chunk)):
            place = next(n for n, (left, right) in enumerate(pairwise(codes)) if left >= right)
            _refuse_pair(codes[place], codes[place + 1], row=row + place)
        row, last = row + len(chunk), chunk[-1]


def _refuse_pair(left: bytes, right: bytes, *, row: int) -> None:
    code = right.decode()
    if left == right:
        raise FrameError(
            f"抽样框第 {row} 行：企业代码 {code} 重复",
            f"Row {row} of the frame: enterprise code {code} stands twice",
        )
    raise FrameError(
        f"抽样框第 {row} 行：{code} 未按字节排序",
        f"Row {row} of the frame: {code} is not in byte order",
    )


def _refuse_row(content: bytes, offset: int, zh: str, en: str) -> None:
    row = content.count(b"\n", 0, offset) + 1
    text = content.split(b"\n")[row - 1]
    raise FrameError(f"抽样框第 {row} 行 {text!r} {zh}", f"Row {row} of the frame, {text!r}, {en}")
