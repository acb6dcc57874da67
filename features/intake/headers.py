"""Does a file's header fit its mapping? Missing, unknown, repeated columns: all told at once."""

import re
from collections import Counter
from difflib import get_close_matches
from pathlib import Path

import pyarrow.compute as pc

from features.errors import SourceFileError
from features.intake.opened import Chunk, OpenedFile, is_unnamed
from features.intake.text import header_key
from features.mapping_schema import Mapping
from features.messages import Message

# Columns that a reject file has besides the user's own; a corrected reject file comes back.
ERROR_HEADER = "错误说明 errors"
ROW_HEADER = "原始行号 source row"
_OWN_KEYS = {header_key(ERROR_HEADER), header_key(ROW_HEADER)}


def check_header(opened: OpenedFile, *, mapping: Mapping, path: Path) -> None:
    """Refuse a file whose header is not the one the mapping describes.

    Raises
    ------
    SourceFileError
        With every missing, unknown and repeated column and the remedy for each.
    """
    faults = find_header_faults(opened.keys, mapping=mapping)
    if faults:
        raise _error(path, faults)


def find_header_faults(keys: tuple[str, ...], *, mapping: Mapping) -> list[Message]:
    """Every way in which a header, given as keys, does not fit `mapping`."""
    present = [key for key in keys if not is_unnamed(key)]
    needed = {header_key(name): name for name in sorted(mapping.sources())}
    known = {header_key(name) for name in (*mapping.ignore, *mapping.snapshot_columns)}
    unknown = [
        key
        for key in dict.fromkeys(present)
        if key not in needed
        and key not in known | _OWN_KEYS
        and not any(re.search(pattern, key) for pattern in mapping.unpivot_patterns())
    ]
    faults = [_missing(name, unknown) for key, name in needed.items() if key not in set(present)]
    faults += [_missing_pattern(p) for p in mapping.unpivot_patterns() if not _matches(p, present)]
    faults += [_unknown(name, mapping=mapping) for name in unknown]
    faults += [_repeated(name) for name, count in Counter(present).items() if count > 1]
    return faults


def refuse_data_without_header(chunk: Chunk, *, path: Path) -> None:
    """A column that has values but no header usually hides under a merged header cell.

    Raises
    ------
    SourceFileError
        Names the places of such columns.
    """
    places = [
        place
        for place, key in enumerate(chunk.table.column_names, start=1)
        if is_unnamed(key)
        and pc.any(pc.not_equal(pc.utf8_trim_whitespace(chunk.table[key]), "")).as_py()
    ]
    if places:
        listed = "、".join(str(place) for place in places)
        raise _error(
            path,
            [
                Message(
                    f"第 {listed} 列有内容但没有列名（表头可能有合并单元格）；"
                    "请取消合并并逐列写列名，或核对映射的 header_row",
                    f"column {listed} has values but no header (merged header cells?); unmerge "
                    "and name every column, or check header_row in the mapping",
                )
            ],
        )


def _matches(pattern: str, keys: list[str]) -> bool:
    return any(re.search(pattern, key) for key in keys)


def _missing(name: str, unknown: list[str]) -> Message:
    key = header_key(name)
    close = [other for other in unknown if key in other or other in key]
    close = close or get_close_matches(key, unknown, n=1, cutoff=0.6)
    zh, en = f"缺少列“{name}”", f'the column "{name}" is missing'
    if not close:
        return Message(zh, en)
    return Message(f"{zh}（是否就是“{close[0]}”？）", f'{en} (is it "{close[0]}"?)')


def _missing_pattern(pattern: str) -> Message:
    return Message(f"没有列名符合 {pattern}", f"no column matches {pattern}")


def _unknown(name: str, *, mapping: Mapping) -> Message:
    return Message(
        f"不认识的列“{name}”；如不使用，请加入映射 {mapping.source} 的 ignore",
        f'unknown column "{name}"; if it is not used, add it to ignore in {mapping.source}',
    )


def _repeated(name: str) -> Message:
    return Message(f"列名“{name}”重复，请改名", f'the header "{name}" is repeated, rename one')


def _error(path: Path, faults: list[Message]) -> SourceFileError:
    zh = "；\n  ".join(fault.zh for fault in faults)
    en = ";\n  ".join(fault.en for fault in faults)
    return SourceFileError(
        f"文件“{path.name}”的表头有 {len(faults)} 处问题，未导入任何内容：\n  {zh}",
        f'the header of "{path.name}" has {len(faults)} faults, nothing was imported:\n  {en}',
    )
