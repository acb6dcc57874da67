"""Entity resolution at a city's size: 100,000 names, 10,000 rows without a code (SIMULATED)."""

import time

import pandas as pd

from features.identity.matching import match
from features.identity.rules import identity_rules
from tests.features.named_register import named_register, unidentified_rows

ENTERPRISES, ROWS, SEED = 100_000, 10_000, 20261122


def main() -> None:
    """Print seconds, precision of automatic matches, and recall with the queue, by variant."""
    register = named_register(ENTERPRISES, seed=SEED)
    asked = unidentified_rows(register, ROWS, seed=SEED + 1)
    nobody = pd.DataFrame({"temporary_id": [], "enterprise_id": []}, dtype=object)
    started = time.perf_counter()
    found = match(asked, register.entries, rules=identity_rules(), refused=nobody)
    seconds = time.perf_counter() - started
    truth = asked[["temporary_id", "truth", "variant"]]
    linked = found.automatic.merge(truth, on="temporary_id")
    right = linked["truth"] == linked["enterprise_id"]
    offered = pd.concat([found.automatic, found.queue])[["temporary_id", "enterprise_id"]]
    offered = offered.merge(truth, on="temporary_id")
    hit = offered.loc[offered["truth"] == offered["enterprise_id"], "temporary_id"]
    known = truth[truth["truth"] != ""]
    known = known.assign(
        automatic=known["temporary_id"].isin(linked.loc[right, "temporary_id"]),
        found=known["temporary_id"].isin(hit),
    )
    print(
        f"SIMULATED: {len(register.entries):,} names of {ENTERPRISES:,} enterprises, {ROWS:,} rows"
    )
    print(f"seconds {seconds:.1f}; linked {len(linked):,}, precision {right.mean():.4f}")
    queued = found.queue["temporary_id"].nunique()
    print(f"queued {queued:,}, unmatched {len(found.unmatched):,}")
    print(f"recall with the queue's {identity_rules().offered} best: {known['found'].mean():.4f}")
    print("\n| variant | linked | linked or offered |\n|---|---|---|")
    for variant, row in known.groupby("variant")[["automatic", "found"]].mean().iterrows():
        print(f"| {variant} | {row['automatic']:.3f} | {row['found']:.3f} |")


if __name__ == "__main__":
    main()
