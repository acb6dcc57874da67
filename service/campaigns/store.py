"""Folders of rounds, written so that a reader or a killed writer never meets half of one.

``<round>.draft/`` is a plan that may still change. ``<round>/`` appears by one rename when the plan
is frozen and is never replaced. The draw adds files to it: draw.json first and once, which spends
the randomness, and evidence.json last, which says that the draw is whole. A draw that was killed in
between is finished by repeating it with the same randomness.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from law.files import write_atomically
from scoring.double_random.documents import ROUND_PATTERN
from scoring.double_random.results_table import RESULTS
from service.campaigns.errors import RoundNotFrozenError, UnknownRoundError

_DRAFT_SUFFIX = ".draft"  # a round's name has no dot


def frozen_folder(campaigns_dir: Path, round_id: str) -> Path:
    """Where the evidence of a round lies once it is frozen.

    Raises
    ------
    UnknownRoundError
        The name can't be that of a round, for instance because it leads out of the folder.
    """
    if not re.fullmatch(ROUND_PATTERN, round_id):
        raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))
    return campaigns_dir / round_id


def draft_folder(campaigns_dir: Path, round_id: str) -> Path:
    """Where the plan of a round lies until it is frozen."""
    folder = frozen_folder(campaigns_dir, round_id)
    return folder.with_name(f"{folder.name}{_DRAFT_SUFFIX}")


def existing_folder(campaigns_dir: Path, round_id: str) -> Path:
    """The evidence folder of a frozen round.

    Raises
    ------
    RoundNotFrozenError, UnknownRoundError
        The round is only planned, or unknown.
    """
    folder = frozen_folder(campaigns_dir, round_id)
    if folder.is_dir():
        return folder
    if draft_folder(campaigns_dir, round_id).is_dir():
        raise RoundNotFrozenError(round_id)
    raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))


def list_rounds(campaigns_dir: Path) -> list[str]:
    """Names of planned, frozen and drawn rounds, sorted."""
    if not campaigns_dir.is_dir():
        return []
    names = {path.name.removesuffix(_DRAFT_SUFFIX) for path in campaigns_dir.iterdir()}
    return sorted(name for name in names if re.fullmatch(ROUND_PATTERN, name))


def read_files(folder: Path) -> dict[str, bytes]:
    """The files of a draw by name, without results and what a killed writer left behind."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.name != RESULTS
    }


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder whole, in the place of an earlier one."""
    new = _build_beside(folder, files)
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old."))
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old / folder.name)
    new.rename(folder)
    shutil.rmtree(old)


def create_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder whole; of two writers the second fails.

    Raises
    ------
    FileExistsError
        The folder is already there.
    """
    new = _build_beside(folder, files)
    try:
        new.rename(folder)  # fails on a folder that has files, in one step
    except OSError as error:
        shutil.rmtree(new)
        if folder.exists():
            raise FileExistsError(folder) from None
        raise error
    _sync_folder(folder.parent)


def create_once(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet; of two writers the second fails.

    Raises
    ------
    FileExistsError
        The file is already there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    write_atomically(temporary, content)
    try:
        os.link(temporary, path)  # unlike a rename, a link never replaces
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _build_beside(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.new."))
    new.chmod(0o755)  # mkdtemp makes folders only their owner can enter
    for name, content in files.items():
        write_atomically(new / name, content)
    _sync_folder(new)
    return new


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
