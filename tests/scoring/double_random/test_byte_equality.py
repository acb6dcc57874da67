"""One frame and seed, three ways: Python, an engine's SQL, and `sha256sum`."""

import hashlib
import subprocess
from pathlib import Path

import duckdb
import numpy as np

from scoring.double_random.documents import PlannedStratum
from scoring.double_random.drawing import Selection, select
from scoring.double_random.frame import Frame, build_frame

FRAMES = 1000
CHARACTERS = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
SQL = """
WITH ranked AS (
    SELECT r.frame, uscc, stratum, sha256(seed || chr(31) || uscc) AS ticket,
           row_number() OVER (PARTITION BY r.frame, stratum
                              ORDER BY sha256(seed || chr(31) || uscc), uscc) AS rank,
           count(*) OVER (PARTITION BY r.frame, stratum) AS population
    FROM rows AS r JOIN seeds AS s USING (frame)
)
SELECT frame, uscc || ',' || stratum || ',' || rank || ',' || ticket
FROM ranked WHERE rank <= least(population, greatest(1, (300 * population + 999) // 1000))
ORDER BY frame, stratum, rank
"""


def random_frame(number: int) -> tuple[Frame, str]:
    chance = np.random.default_rng(number)
    size = int(chance.integers(1, 30))
    codes = {"".join(chance.choice(CHARACTERS, int(chance.integers(1, 19)))) for _ in range(size)}
    strata = chance.choice(["440507.A.due", "440507.D.rest", "none.B.due"], len(codes)).tolist()
    return build_frame(sorted(codes), strata), hashlib.sha256(b"frame %d" % number).hexdigest()


def selected(frame: Frame, seed: str) -> Selection:
    plan = [
        PlannedStratum(
            stratum=name,
            area_code="440507",
            grade="A",
            rested=False,
            population=population,
            ratio_per_mille=300,
            floor=1,
            item_ratios={"x": 300},
        )
        for name, population in sorted(frame.populations().items())
    ]
    return select(frame, plan, seed=seed, reserve_per_mille=0)


def test_a_thousand_random_frames_are_drawn_alike_by_python_sql_and_shell(tmp_path: Path) -> None:
    frames = [random_frame(number) for number in range(FRAMES)]
    ours = [
        (number, ",".join(map(str, row)))
        for number, (frame, seed) in enumerate(frames)
        for found in [selected(frame, seed)]
        for row in zip(found.uscc, found.stratum, found.rank, found.ticket, strict=True)
    ]
    rows = [
        f"{number}|" + line.replace("\x1f", "|")
        for number, (frame, _) in enumerate(frames)
        for line in frame.content.decode().splitlines()
    ]
    (tmp_path / "rows.csv").write_text("frame|uscc|stratum\n" + "\n".join(rows) + "\n")
    seeds = "".join(f"{number}|{seed}\n" for number, (_, seed) in enumerate(frames))
    (tmp_path / "seeds.csv").write_text("frame|seed\n" + seeds)
    with duckdb.connect() as connection:
        for name in ("rows", "seeds"):
            connection.execute(
                f"CREATE TABLE {name} AS FROM read_csv('{tmp_path / name}.csv', delim = '|',"
                " header = true, all_varchar = true)"
            )
        theirs = connection.execute(
            SQL.replace("ORDER BY frame,", "ORDER BY frame::INT,")
        ).fetchall()
    assert [(int(number), line) for number, line in theirs] == ours
    shell(tmp_path, frames, ours[::7])


def shell(folder: Path, frames: list[tuple[Frame, str]], lines: list[tuple[int, str]]) -> None:
    """`sha256sum` over one file for every sampled ticket, in one process."""
    wanted = {}
    for place, (number, line) in enumerate(lines):
        uscc, _, _, ticket = line.split(",")
        (folder / f"{place}.ticket").write_bytes(f"{frames[number][1]}\x1f{uscc}".encode())
        wanted[f"{place}.ticket"] = ticket
    done = subprocess.run(
        ["sha256sum", *wanted], cwd=folder, capture_output=True, text=True, check=True
    )
    printed = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert printed == wanted
