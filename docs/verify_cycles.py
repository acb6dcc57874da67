"""Independent check of a year's patrols: python3 verify_cycles.py FOLDER [PUBLISHED_FRAME_SHA256]

Python's standard library only. Recomputes every month, prints OK or the first thing that differs.
"""

import hashlib
import json
import sys
from datetime import datetime
from itertools import zip_longest
from pathlib import Path


def same(where, found, computed):
    if found != computed:
        sys.exit(f"不符 DIFFERS {where}: {str(found)[:200]} | 复算 computed: {str(computed)[:200]}")


def sha(content):
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def patterns(interval, times):  # the months of the enterprise at each place of a cycle
    rounds = 12 // interval
    kept = [j * rounds // max(times, 1) for j in range(times)]
    turns = [divmod(place, interval) for place in range(interval * rounds)]
    return [
        sorted(1 + phase + interval * ((turn + k) % rounds) for k in kept) for turn, phase in turns
    ]


def months_of(table, size, shift):  # patrols of a group in each of the twelve months
    counts = [0] * 12
    for place, months in enumerate(table):
        number = size // len(table) + ((place - shift) % len(table) < size % len(table))
        for month in months:
            counts[month - 1] += number
    return counts


def uneven(counts):
    return max(counts) - min(counts), sum(n * n for n in counts)


def shifts(groups, intervals):  # the smallest shift that keeps the area even, then the city
    city, areas, found = [0] * 12, {}, {}
    for area, level, times in sorted(groups):
        table, best = patterns(intervals[level], times), None
        for shift in range(len(table)):
            added = months_of(table, groups[area, level, times], shift)
            ours = [a + b for a, b in zip(areas.get(area, [0] * 12), added, strict=True)]
            whole = [a + b for a, b in zip(city, added, strict=True)]
            if best is None or (*uneven(ours), *uneven(whole)) < best[0]:
                best = (*uneven(ours), *uneven(whole)), shift, ours, whole
        found[area, level, times], areas[area], city = best[1:]
    return found


if __name__ == "__main__":
    raw = {path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir() if path.is_file()}
    commitment, draw, sealed = (
        json.loads(raw[name]) for name in ("commitment.json", "draw.json", "evidence.json")
    )
    frame_sha = sha(raw["frame.txt"])
    same("published frame SHA-256", sys.argv[2:3], [frame_sha][: len(sys.argv) - 2])
    same("commitment.json frame_sha256", commitment["frame_sha256"], frame_sha)
    same(
        "commitment.json objects_sha256", commitment["objects_sha256"], sha(raw["objects.parquet"])
    )
    same("draw.json randomness_name", draw["randomness_name"], commitment["randomness_name"])
    instants = (commitment["frozen_at"], draw["randomness_at"], draw["drawn_at"])
    frozen, came, drawn = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in instants)
    same("draw.json, freeze < randomness <= draw", frozen < came <= drawn, True)
    parts = ("xinheng-cycles/1", str(commitment["year"]), frame_sha, draw["randomness"])
    same("draw.json seed", draw["seed"], seed := sha("\x1f".join(parts)))
    # Patrols are those of the interval, or what the yearly cap leaves.
    intervals, cells, rows = commitment["interval_months"], {}, []
    for code, area, level, visits in (
        line.split("\x1f") for line in raw["frame.txt"].decode().splitlines()
    ):
        times = max(0, min(12 // intervals[level], commitment["yearly_cap"] - int(visits)))
        rows.append((code, (area, level, times), sha(f"{seed}\x1f{code}")))
        cells.setdefault((area, level, times), []).append((rows[-1][2], code))
    same("frame.txt, in order", [row[0] for row in rows], sorted({row[0] for row in rows}))
    shift = shifts({cell: len(members) for cell, members in cells.items()}, intervals)
    ranks = {c: n for members in cells.values() for n, (_, c) in enumerate(sorted(members), 1)}
    lines = ["uscc,area_code,level,times,rank,shift,months,ticket"]
    for code, cell, ticket in rows:
        table = patterns(intervals[cell[1]], cell[2])
        months = " ".join(map(str, table[(ranks[code] - 1 + shift[cell]) % len(table)]))
        lines.append(",".join(map(str, (code, *cell, ranks[code], shift[cell], months, ticket))))
    found = raw["cycles.csv"].decode(errors="replace").split("\n")
    for number, pair in enumerate(zip_longest(found, [*lines, ""]), start=1):
        same(f"cycles.csv row {number}", *pair)
    same("evidence.json", sealed["files"], {n: sha(raw[n]) for n in {*raw} - {"evidence.json"}})
    print("OK", commitment["year"], "enterprises", len(rows), "seed", seed)
