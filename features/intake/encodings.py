"""Is a text file in the encoding its mapping names? One pass over the bytes, before any row."""

import codecs
from pathlib import Path

from features.errors import SourceFileError

_CHUNK_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 22
# So few multi-byte characters can be valid UTF-8 by chance; more of them cannot.
_CHANCE_CHARACTERS = 3
_LABELS = {"gb18030": "GB18030", "utf-8": "UTF-8", "utf-16": "UTF-16"}


def check_encoding(path: Path, *, declared: str) -> str:
    """The encoding to read `path` with: `declared`, or UTF-8 when the file says so by its mark.

    Raises
    ------
    SourceFileError
        The file is in another encoding (names the byte and the likely encoding), is a workbook,
        or is empty.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise SourceFileError(f"文件“{path.name}”是空的", f'the file "{path.name}" is empty')
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SourceFileError(
            f"“{path.name}”其实是 Excel 工作簿；请另存为 CSV，或改用 format: excel 的映射",
            f'"{path.name}" is an Excel workbook; save it as CSV or use a mapping of format excel',
        )
    encoding = "utf-8" if start.startswith(codecs.BOM_UTF8) else declared
    position = _first_undecodable(path, encoding=encoding)
    if position is not None:
        likely = _likely_encoding(path, other_than=encoding)
        raise _wrong_encoding(path, position=position, encoding=encoding, likely=likely)
    if encoding == "gb18030":
        position = _where_utf8_begins(path)
        if position is not None:
            raise _wrong_encoding(path, position=position, encoding=encoding, likely="utf-8")
    return encoding


def _first_undecodable(path: Path, *, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(_CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return done - pending + error.start
            done += len(block)
            if not block:
                return None


def _where_utf8_begins(path: Path) -> int | None:
    """Position of the first multi-byte character if the whole file is valid UTF-8 with several."""
    if _first_undecodable(path, encoding="utf-8") is not None:
        return None
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    text = sample.decode("utf-8", errors="ignore")
    if len(text) - len(text.encode("ascii", errors="ignore")) <= _CHANCE_CHARACTERS:
        return None
    return next(place for place, byte in enumerate(sample) if byte >= 0x80)


def _likely_encoding(path: Path, *, other_than: str) -> str | None:
    with path.open("rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for candidate in ("utf-8", "gb18030"):
        if candidate != other_than and _first_undecodable(path, encoding=candidate) is None:
            return candidate
    return None


def _wrong_encoding(
    path: Path, *, position: int, encoding: str, likely: str | None
) -> SourceFileError:
    label = _LABELS[encoding]
    zh = f"文件“{path.name}”不是 {label} 编码：第 {position + 1} 个字节不符"
    en = f'the file "{path.name}" is not {label}: byte {position + 1} does not fit'
    if likely is None:
        return SourceFileError(
            f"{zh}；文件可能已损坏，请重新导出",
            f"{en}; it may be damaged, export it again",
        )
    guess = _LABELS[likely]
    return SourceFileError(
        f"{zh}；很可能是 {guess} 编码，请另存为 {label}，或把映射的 encoding 改为 {likely}",
        f"{en}; it is probably {guess}: save it as {label} or change the mapping's encoding",
    )
