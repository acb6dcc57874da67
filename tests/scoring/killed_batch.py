"""Run the batch in a process of its own, telling its progress: it is there to be killed."""

import sys
from datetime import datetime
from pathlib import Path

from features.archive import open_archive
from features.engine import Engine
from scoring.batch import grade_population
from tests.scoring.small_model import AS_OF, small_model

if __name__ == "__main__":
    archive_dir, runs_dir = map(Path, sys.argv[1:3])
    with Engine(memory_limit="1GB", threads=1) as engine:
        grade_population(
            engine,
            open_archive(archive_dir),
            small_model(),
            as_of=AS_OF,
            region="440500",
            runs_dir=runs_dir,
            created_at=datetime(2025, 7, 1),
            progress=lambda step, done, of: print(step, done, flush=True),
        )
