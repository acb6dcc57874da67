"""Folders that are either whole or not there, and one writer at a time."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK = ".lock"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Wait for the folder's lock and keep it during the block; it dies with its holder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+b") as stream:
        if sys.platform == "win32":
            msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield  # closing the file lets go


def publish(temporary: Path, final: Path, *, files: Iterable[Path] | None = None) -> None:
    """Flush every file of a finished folder to disk, then give it its name in one step.

    `files` names those that are not on disk already, where some are.
    """
    found = temporary.rglob("*") if files is None else files
    for path in sorted(found):
        if path.is_file():
            flush(path)
    temporary.rename(final)
    flush(final.parent)


def link(old: Path, new: Path) -> None:
    """Give a file that never changes, and is on disk, a second name."""
    try:
        os.link(old, new)
    except OSError:  # another file system, or one without links
        shutil.copyfile(old, new)
        flush(new)


def flush(path: Path) -> None:
    """Wait until a file or a folder is on disk."""
    if sys.platform == "win32" and path.is_dir():
        return  # it cannot be opened, and what happens in it is flushed anyway
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
