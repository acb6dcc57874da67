"""A run on disk: what is finished of it while it is made, and the folder that it becomes.

::

    .<run>.unfinished/inputs.json          what the grades depend on
    .<run>.unfinished/ranges/00007.arrow   a finished range, written whole
    .<run>.unfinished/sums/                what each range looks up of all others
    .<run>.unfinished/run/                 what becomes the folder of the run
    <run>/                                 the run
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.folders import publish
from law.files import sha256_of, write_atomically
from scoring.grader import Graded

GRADES, DISTRIBUTION, MANIFEST = "grades.parquet", "distribution.parquet", "manifest.json"
# What the whole archive says: kept, so that a run goes on, and one enterprise is graded again.
CONTEXT = "context"
_INPUTS, _UNFINISHED, _REPLACED = "inputs.json", ".unfinished", ".replaced"


@dataclass(frozen=True)
class Run:
    """A finished batch: its folder and manifest."""

    run_id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def grades_file(self) -> Path:
        """One row per enterprise."""
        return self.folder / GRADES

    def is_whole(self) -> bool:
        """Whether every file that the manifest names is there and unchanged."""
        try:
            return all(
                sha256_of(self.folder / name) == expected
                for name, expected in self.manifest["files"].items()
            )
        except OSError:
            return False


def read_run(folder: Path) -> Run | None:
    """The finished run of a folder; None where there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return Run(str(manifest["run_id"]), folder, manifest)
    except (OSError, ValueError, KeyError):
        return None


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that is being made, or that was interrupted and is taken up again.

    `started_at` is the instant of the first attempt.
    """

    runs_dir: Path
    run_id: str
    started_at: datetime

    @classmethod
    def take_up(
        cls, runs_dir: Path, inputs: Mapping[str, Any], *, now: datetime, afresh: bool = False
    ) -> "UnfinishedRun":
        """Go on with the unfinished run of the same inputs; clear those of all others.

        Ranges graded from another archive, by another model, or under other rules would not fit.
        """
        run_id = name_run(inputs)
        folder = runs_dir / f".{run_id}{_UNFINISHED}"
        for path in runs_dir.glob(f".*{_UNFINISHED}"):
            if path != folder or afresh:
                shutil.rmtree(path, ignore_errors=True)
        _finish_replacing(runs_dir)
        kept = _read_inputs(folder / _INPUTS)
        if kept is None or kept["inputs"] != _plain(inputs):
            shutil.rmtree(folder, ignore_errors=True)
            kept = {"inputs": _plain(inputs), "started_at": now.isoformat()}
            write_atomically(folder / _INPUTS, as_json(kept))
        unfinished = cls(runs_dir, run_id, datetime.fromisoformat(kept["started_at"]))
        unfinished._ranges.mkdir(exist_ok=True)
        unfinished.folder.mkdir(exist_ok=True)
        for path in unfinished.folder.iterdir():  # files that were growing when it was killed
            if path.name != CONTEXT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return unfinished

    @property
    def folder(self) -> Path:
        """What becomes the folder of the run."""
        return self._home / "run"

    @property
    def context_folder(self) -> Path:
        """What the whole archive says, once it was summed up."""
        return self.folder / CONTEXT

    @property
    def range_sums_folder(self) -> Path:
        """Each range's part of it; not needed once the run is made."""
        return self._home / "sums"

    def range_file(self, number: int) -> Path | None:
        """The grades of a finished range; None where it is still to do."""
        path = self._grades(number)
        return path if path.is_file() and self._counts(number).is_file() else None

    def distribution(self, number: int) -> pa.Table:
        """How the indicators of a finished range are distributed."""
        return pq.read_table(self._counts(number))

    def finish_range(self, number: int, graded: Graded) -> Path:
        """Keep a range: its grades last, for they say that it is finished."""
        with _whole(self._counts(number)) as temporary:
            pq.write_table(graded.distribution, temporary, compression="zstd")
        # Read once more and gone: what Parquet saves in space would cost more than it is worth.
        path = self._grades(number)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with (
            _whole(path) as temporary,
            pa.ipc.new_file(str(temporary), graded.grades.schema, options=options) as stream,
        ):
            stream.write_table(graded.grades)
        return path

    def publish(self, manifest: dict[str, Any]) -> Run:
        """Give the run its name; a run of that name gives way to it in one step."""
        manifest = _plain(manifest)
        write_atomically(self.folder / MANIFEST, as_json(manifest))
        final = self.runs_dir / self.run_id
        if final.exists():
            final.rename(self.runs_dir / f".{self.run_id}{_REPLACED}")
        publish(self.folder, final)
        _finish_replacing(self.runs_dir)
        shutil.rmtree(self._home, ignore_errors=True)
        return Run(self.run_id, final, manifest)

    @property
    def _home(self) -> Path:
        return self.runs_dir / f".{self.run_id}{_UNFINISHED}"

    @property
    def _ranges(self) -> Path:
        return self._home / "ranges"

    def _grades(self, number: int) -> Path:
        return self._ranges / f"{number:05d}.arrow"

    def _counts(self, number: int) -> Path:
        return self._ranges / f"{number:05d}.{DISTRIBUTION}"


def name_run(inputs: Mapping[str, Any]) -> str:
    """Day, model, archive, six digits of everything the grades depend on, the office's rules."""
    digest = sha256(as_json(_plain(inputs))).hexdigest()
    model, build = str(inputs["model_version"]), str(inputs["archive_build"])
    rules = inputs["policy"]["version"]
    suffix = f"-{rules}" if rules is not None else ""
    return f"{inputs['as_of']}-{model[:8]}-{build[:8]}-{digest[:6]}{suffix}"


def as_json(value: Mapping[str, Any]) -> bytes:
    """JSON as every file of a run has it."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode()


def _finish_replacing(runs_dir: Path) -> None:
    """What a killed exchange of two folders left: put the old one back, or take it away."""
    for path in runs_dir.glob(f".*{_REPLACED}"):
        final = runs_dir / path.name.removeprefix(".").removesuffix(_REPLACED)
        if final.exists():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.rename(final)


def _read_inputs(path: Path) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return kept if kept.keys() == {"inputs", "started_at"} else None


def _plain(value: Mapping[str, Any]) -> Any:
    """The value as JSON gives it back."""
    return json.loads(as_json(value))


def read_range(path: Path) -> pa.Table:
    """The grades of a finished range."""
    with pa.memory_map(str(path)) as stream:
        return pa.ipc.open_file(stream).read_all()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path to write to; what was written stands at `path` once it is on disk."""
    temporary = path.with_suffix(".part")
    yield temporary
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    temporary.replace(path)
