"""Folders of runs: found by name, read only when whole, compared and tried under other rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from law.files import sha256_of
from service.errors import RunUnusableError, UnknownRunError

GRADES = "grades.parquet"
MANIFEST = "manifest.json"
# Beside the folder of a run: enterprises graded again after an event.
DELTAS = ".deltas"


@dataclass(frozen=True)
class RunFolder:
    """A finished run whose manifest could be read; `digest` is the SHA-256 of its grades."""

    folder: Path
    manifest: dict[str, Any]
    digest: str

    @property
    def run_id(self) -> str:
        """The run's name."""
        return str(self.manifest["run_id"])

    @property
    def as_of(self) -> date:
        """The day whose grades it holds."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def law_on(self) -> date:
        """The day whose law it applied."""
        return date.fromisoformat(self.manifest.get("law_on", self.manifest["as_of"]))

    def grades(self, columns: Sequence[str]) -> pa.Table:
        """Those of `columns` that the run has."""
        return pq.read_table(self.folder / GRADES, columns=self.present(columns))

    def present(self, columns: Sequence[str]) -> list[str]:
        """The names of `columns` that the run has."""
        known = pq.read_schema(self.folder / GRADES).names
        return [name for name in columns if name in known]

    def rows_of(self, enterprise_ids: Sequence[str], *, columns: Sequence[str]) -> pa.Table:
        """The rows of a few enterprises; ranges that hold none of them are not read."""
        wanted = [("enterprise_id", "in", list(enterprise_ids))]
        return pq.read_table(self.folder / GRADES, columns=list(columns), filters=wanted)


def read_run(folder: Path, *, whole: bool = True) -> RunFolder:
    """A run of a folder; its grades are compared with the manifest's hash where `whole`.

    Raises
    ------
    RunUnusableError
        The folder is no finished run, or its grades are not what its manifest says.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        expected = manifest["files"][GRADES]
        date.fromisoformat(manifest["as_of"])
        manifest["run_id"]  # a manifest without a name is none
        digest = sha256_of(folder / GRADES) if whole else expected
        run = RunFolder(folder, manifest, digest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnusableError(
            f"{folder} 不是完整的分级批次（{type(error).__name__}）。请重新运行 xinheng score。",
            f"{folder} is no finished run ({type(error).__name__}). Run: xinheng score",
        ) from None
    if digest != expected:
        raise RunUnusableError(
            f"{folder / GRADES} 与清单记录的哈希不符，可能被改动。请重新运行 xinheng score。",
            f"{folder / GRADES} is not what its manifest says; it may have been changed."
            " Run: xinheng score",
        )
    return run


def find_run(runs_dir: Path, run_id: str) -> RunFolder:
    """The run of that name, whole.

    Raises
    ------
    UnknownRunError, RunUnusableError
    """
    known = run_names(runs_dir)
    if run_id not in known:
        raise UnknownRunError(run_id, known=known)
    return read_run(runs_dir / run_id)


def run_names(runs_dir: Path) -> list[str]:
    """Folders of runs, finished or damaged; unfinished work is hidden.

    The latest day comes first, and of one day the run that was made last.
    """
    if not runs_dir.is_dir():
        return []
    inside = (path for path in runs_dir.iterdir() if path.is_dir())
    names = [path.name for path in inside if path.suffix != DELTAS and path.name[0] != "."]
    return sorted(
        names, key=lambda name: (name[:10], _made_at(runs_dir / name), name), reverse=True
    )


def _made_at(folder: Path) -> str:
    """When a run was made, as its manifest says; blank where it cannot be read."""
    try:
        return str(json.loads((folder / MANIFEST).read_bytes()).get("created_at", ""))
    except (OSError, ValueError, AttributeError):
        return ""
