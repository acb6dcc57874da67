"""Figures of the draw: `python -m benchmarks.double_random TASK...`; Markdown on the screen.

Tasks: draw, commitment, matching, homogeneity, inclusion, coordination, industry_turns_bad; all of
them without a name. The coverage of intervals is `benchmarks/estimate_coverage.py`. Populations are
simulated (模拟 SIMULATED) and seeded. `--rows` and the other sizes make a task smaller for a try.
"""

import argparse
import hashlib
import resource
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2

from benchmarks import draw_worlds as worlds
from scoring.double_random.balancing import Places, draw_first_teams, even_out
from scoring.double_random.commitment import frame_root
from scoring.double_random.documents import PlannedStratum
from scoring.double_random.drawing import select
from scoring.double_random.frame import Frame, build_frame
from scoring.double_random.swap_chain import mix

Row = tuple[str, str, str]
_SEED = hashlib.sha256(b"xinheng benchmark").hexdigest()
_GIGABYTE = 1 << 20  # ru_maxrss counts kilobytes


def draw(sizes: argparse.Namespace) -> list[Row]:
    """Tickets and selection of the whole frame."""
    frame = _frame(sizes.rows)
    begun = time.process_time()
    selection = select(frame, _strata(frame), seed=_SEED, reserve_per_mille=200)
    seconds = time.process_time() - begun
    return [
        (f"draw of {len(selection.uscc):,} from {sizes.rows:,}", f"{seconds:.1f} s", "<= 60 s"),
        _memory(),
    ]


def commitment(sizes: argparse.Namespace) -> list[Row]:
    """Root of the frame."""
    frame = _frame(sizes.rows)
    begun = time.process_time()
    frame_root(frame, salt_key="5a" * 32)
    seconds = time.process_time() - begun
    return [(f"commitment to {sizes.rows:,}", f"{seconds:.1f} s", "<= 120 s"), _memory()]


def matching(sizes: argparse.Namespace) -> list[Row]:
    """Two inspectors for every object; three in a hundred pairs of a person must not meet."""
    inspectors, objects = sizes.inspectors, sizes.objects
    chance = np.random.default_rng(20261031)
    pairs = np.column_stack(
        [np.repeat(np.arange(objects), 3), chance.integers(0, inspectors, 3 * objects)]
    )
    places = Places(
        usccs=[f"91440500MA{number:08d}" for number in range(objects)],
        visit=np.repeat(np.arange(objects), 2).tolist(),
        kind=[0] * (2 * objects),
        able=np.ones((1, inspectors), dtype=bool),
        banned=frozenset((pairs[:, 0] * inspectors + pairs[:, 1]).tolist()),
    )
    begun = time.process_time()
    staffing = draw_first_teams(places, seed=_SEED)
    mix(staffing, even_out(staffing), seed=_SEED)
    seconds = time.process_time() - begun
    met = zip(places.visit, staffing.holder, strict=True)
    broken = sum(visit * inspectors + person in places.banned for visit, person in met)
    loads = staffing.loads()
    size = f"{inspectors:,} x {objects:,}"
    return [
        (f"matching {size}", f"{seconds:.1f} s", "<= 30 s"),
        ("bans broken", str(broken), "0"),
        ("load range", str(int(loads.max() - loads.min())), "<= 3"),
    ]


def homogeneity(sizes: argparse.Namespace) -> list[Row]:
    """Re-draws of small rounds against the list of all their feasible staffings."""
    rows = []
    for name, places in worlds.small_rounds().items():
        p_value, number = worlds.homogeneity(places, redraws=sizes.redraws)
        what = f"homogeneity, {name}: {sizes.redraws:,} re-draws over {number} staffings"
        rows.append((what, f"p = {p_value:.3f}", "p > .01"))
    return rows


def inclusion(sizes: argparse.Namespace) -> list[Row]:
    """Every enterprise, and every pair, as often as n/N says."""
    size, ratio = 200, 200
    frame = build_frame([f"91{number:04d}" for number in range(size)], ["a"] * size)
    hits = worlds.inclusion(frame, _strata(frame, ratio=ratio), draws=sizes.draws)
    ratio_of_chi2, pair_ratio = worlds.inclusion_statistics(hits)
    dof = 24 * (size - 1)
    low, high = (chi2.ppf(p, dof) / dof for p in (0.005, 0.995))
    return [
        (
            f"inclusion over {sizes.draws:,} draws, chi2/dof (chance alone: {low:.2f}-{high:.2f})",
            f"{ratio_of_chi2:.3f}",
            "0.95-1.05",
        ),
        ("pair ratio", f"{pair_ratio:.4f}", "1.000 +- 0.002"),
    ]


def coordination(sizes: argparse.Namespace) -> list[Row]:
    """Eight departments, twelve months: one round's ticket against a draw for each department."""
    found = worlds.coordination(enterprises=sizes.enterprises, departments=8, months=12)
    return [
        ("visits, shared round / separate draws", f"{found.visit_share:.1%}", "<= 30 %"),
        ("A to C visited twice or more in the year", f"{found.hit_twice:.2%}", "<= 2.5 %"),
        (
            "foresight: AUC of last month's ticket for this month's draw",
            f"{found.foresight:.3f}",
            "<= .55",
        ),
    ]


def industry_turns_bad(sizes: argparse.Namespace) -> list[Row]:
    """An industry of 8 % turns bad; grades follow what draws find."""
    quarters = worlds.industry_turns_bad(enterprises=sizes.enterprises, worlds=sizes.worlds)
    within = float((quarters <= 5).mean())
    return [
        (
            f"an industry of 8 % gets 5 % of draws within 5 quarters, {sizes.worlds} worlds",
            f"{within:.1%}",
            ">= 95 %",
        )
    ]


TASKS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    task.__name__: task
    for task in (
        draw,
        commitment,
        matching,
        homogeneity,
        inclusion,
        coordination,
        industry_turns_bad,
    )
}


def main() -> None:
    """Run the tasks named on the command line and print one table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("tasks", nargs="*", choices=[*TASKS, []], default=[])
    for name, size in (
        ("rows", 18_000_000),
        ("inspectors", 2_000),
        ("objects", 50_000),
        ("redraws", 1_500),
        ("draws", 48_000),
        ("enterprises", 20_000),
        ("worlds", 200),
    ):
        reader.add_argument(f"--{name}", type=int, default=size)
    sizes = reader.parse_args()
    print("| figure | measured | goal |\n|---|---|---|")
    for name in sizes.tasks or TASKS:
        for row in TASKS[name](sizes):
            print("| " + " | ".join(row) + " |", flush=True)


def _frame(rows: int) -> Frame:
    """A frame of `rows` enterprises in 2,400 strata (模拟 SIMULATED)."""
    numbers = np.arange(rows)
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.large_string()), width=8, padding="0")
    prefix, none = (pa.scalar(text, pa.large_string()) for text in ("91440500MA", ""))
    codes = pc.binary_join_element_wise(prefix, digits, none)
    del digits
    names = pa.array(
        [
            f"{440000 + area}.{grade}.{rest}"
            for area in range(300)
            for grade in "ABCD"
            for rest in ("due", "rest")
        ],
        pa.large_string(),
    )
    return build_frame(codes, names.take(pa.array(numbers % len(names))))


def _strata(frame: Frame, *, ratio: int = 30) -> list[PlannedStratum]:
    return [
        PlannedStratum(
            stratum=name,
            area_code="440507",
            grade="A",
            rested=False,
            population=population,
            ratio_per_mille=ratio,
            floor=1,
            item_ratios={"模拟": ratio},
        )
        for name, population in frame.populations().items()
    ]


def _memory() -> Row:
    peak: npt.ArrayLike = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIGABYTE
    return ("peak memory of the process", f"{peak:.1f} GB", "<= 6 GB")


if __name__ == "__main__":
    main()
