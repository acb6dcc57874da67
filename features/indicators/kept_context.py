"""A context on disk: a batch that goes on, and a re-grading later, need not sum up again."""

import json
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.folders import flush, link
from features.indicators.context import Context
from features.indicators.wanted import Wanted
from law.files import write_atomically

_LIST = "context.json"


def keep_context(context: Context, folder: Path) -> Context:
    """Write or link what does not lie in `folder` yet, and last the list of all.

    The list is written when all that it names is on disk, so that after a power cut it names
    nothing that is gone.

    Returns the same context, which needs no other folder any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, list[str]] = {}
    for name, pieces in context.sums.items():
        names[name] = [
            _bring(piece, folder)
            if isinstance(piece, Path)
            else _write(piece, folder / f"{name}-{place}")
            for place, piece in enumerate(pieces)
        ]
    flush(folder)
    listed = {"wanted": _digest(context.wanted), "pieces": names}
    write_atomically(folder / _LIST, json.dumps(listed, indent=1).encode())
    sums = {
        name: tuple(folder / piece.name if isinstance(piece, Path) else piece for piece in pieces)
        for name, pieces in context.sums.items()
    }
    return Context(context.wanted, sums)


def kept_context(folder: Path, wanted: Wanted) -> Context | None:
    """The context that :func:`keep_context` wrote; None where there is none for `wanted`."""
    try:
        listed = json.loads((folder / _LIST).read_bytes())
    except (OSError, ValueError):
        return None
    if listed["wanted"] != _digest(wanted):
        return None
    many = {name: tuple(folder / file for file in files) for name, files in _many(listed).items()}
    if not all(path.is_file() for pieces in many.values() for path in pieces):
        return None
    few = {
        name: tuple(pq.read_table(folder / file) for file in files)
        for name, files in listed["pieces"].items()
        if name not in many
    }
    return Context(wanted, {name: (many | few)[name] for name in listed["pieces"]})


def _bring(piece: Path, folder: Path) -> str:
    """A piece of another folder is linked: pieces never change."""
    here = folder / piece.name
    if not here.exists():
        link(piece, here)
    flush(here)
    return piece.name


def _write(table: pa.Table, stem: Path) -> str:
    path = stem.with_suffix(_TABLE)
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd")
    write_atomically(path, stream.getvalue().to_pybytes())
    return path.name


_TABLE = ".table.parquet"


def _many(listed: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The names whose pieces stay on disk."""
    return {
        name: files
        for name, files in listed["pieces"].items()
        if files and not files[0].endswith(_TABLE)
    }


def _digest(wanted: Wanted) -> str:
    return sha256(wanted.identity.encode()).hexdigest()
