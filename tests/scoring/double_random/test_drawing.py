"""Seed, tickets and selection: equal to `sha256sum`, and fair."""

import hashlib
import subprocess
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from scoring.double_random.documents import PlannedStratum
from scoring.double_random.drawing import _rank, make_seed, make_ticket, select
from scoring.double_random.frame import build_frame
from scoring.errors import StratumError

SEED = hashlib.sha256(b"a test").hexdigest()
ROOT, PLAN = "1" * 64, "2" * 64


def planned(name: str, population: int, ratio: int, floor: int = 1) -> PlannedStratum:
    return PlannedStratum(
        stratum=name,
        area_code="440507",
        grade="A",
        rested=False,
        population=population,
        ratio_per_mille=ratio,
        floor=floor,
        item_ratios={"模拟": ratio},
    )


def sha256sum(template: str, *arguments: str) -> str:
    """What a citizen's shell prints."""
    script = f"printf '{template}' \"$@\" | sha256sum"
    done = subprocess.run(
        ["bash", "-c", script, "-", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.split()[0]


@pytest.mark.parametrize(
    "uscc", ["91440500MA4T000510", "9144030071526726XG", "SC10644050000012", "1P-3/45.6"]
)
def test_a_ticket_is_what_sha256sum_prints(uscc: str) -> None:
    assert make_ticket(SEED, uscc) == sha256sum(r"%s\x1f%s", SEED, uscc)


def test_the_seed_is_what_sha256sum_prints() -> None:
    randomness = "9816 5284 7309 1245 6073"
    seed = make_seed(round_id="2026-11", frame_root=ROOT, plan_hash=PLAN, randomness=randomness)
    template = r"xinheng-draw/1\x1f%s\x1f%s\x1f%s\x1f%s"
    assert seed == sha256sum(template, "2026-11", ROOT, PLAN, randomness)


def test_the_seed_changes_with_every_part() -> None:
    parts = {"round_id": "r", "frame_root": ROOT, "plan_hash": PLAN, "randomness": "1"}
    seeds = {make_seed(**parts), *(make_seed(**{**parts, name: "x"}) for name in parts)}
    assert len(seeds) == 5


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"\A[0-9A-Z]{1,18}\Z"),
        st.sampled_from(["a", "b", "c"]),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 1000),
    st.integers(1, 5),
    st.integers(0, 1000),
)
def test_selection_is_the_smallest_tickets_of_every_stratum(
    rows: dict[str, str], ratio: int, floor: int, reserve: int
) -> None:
    frame = build_frame(list(rows), list(rows.values()))
    sizes = frame.populations()
    strata = [planned(name, sizes.get(name, 0), ratio, floor) for name in ("c", "a", "b", "z")]
    selection = select(frame, strata, seed=SEED, reserve_per_mille=reserve)
    expected = []
    for stratum, count in zip(strata, selection.counts, strict=True):
        members = (code for code, name in rows.items() if name == stratum.stratum)
        ranked = sorted((make_ticket(SEED, code), code) for code in members)
        expected += [
            ",".join(
                (
                    code,
                    stratum.stratum,
                    str(rank),
                    "drawn" if rank <= count.drawn else "reserve",
                    ticket,
                )
            )
            for rank, (ticket, code) in enumerate(ranked[: count.drawn + count.reserves], start=1)
        ]
        assert (count.population, count.stratum) == (len(ranked), stratum.stratum)
    assert selection.to_csv().decode().splitlines()[1:] == expected


def test_every_word_of_a_ticket_counts_and_ties_go_by_code() -> None:
    def digest(*words: int) -> bytes:
        return b"".join(word.to_bytes(8, "big") for word in words)

    digests = b"".join(
        [
            digest(1, 0, 0, 2**63 + 1),
            digest(1, 0, 0, 2**63),
            digest(1, 0, 0, 2**63),  # a tie with the row before: the earlier code is first
            digest(0, 2**64 - 1, 0, 0),
            digest(1, 0, 0, 0),
        ]
    )
    order, ranks = _rank(np.zeros(5, dtype=np.int64), digests, sizes=[5])
    assert order.tolist() == [3, 4, 1, 2, 0]
    assert ranks.tolist() == [1, 2, 3, 4, 5]


def test_a_frame_with_a_stratum_that_the_plan_lacks_is_not_drawn() -> None:
    frame = build_frame(["91A", "91B"], ["a", "b"])
    with pytest.raises(StratumError, match="缺少层 b"):
        select(frame, [planned("a", 1, 1000)], seed=SEED, reserve_per_mille=0)


def test_inclusion_and_pairs_are_uniform_over_many_draws() -> None:
    """3,000 draws of 6 of 30: every enterprise, and every pair, as often as probability says."""
    size, drawn, draws = 30, 6, 3000
    frame = build_frame([f"91{number:03d}" for number in range(size)], ["a"] * size)
    strata = [planned("a", size, 200)]
    hits = np.zeros((size, size), dtype=np.int64)
    for number in range(draws):
        seed = hashlib.sha256(b"round %d" % number).hexdigest()
        selection = select(frame, strata, seed=seed, reserve_per_mille=0)
        rows = np.array([int(code[2:]) for code in selection.uscc])
        assert len(rows) == drawn
        hits[np.ix_(rows, rows)] += 1
    single = np.diag(hits)
    p = drawn / size
    statistic = ((single - draws * p) ** 2).sum() / (draws * p * (1 - p)) * (size - 1) / size
    assert chi2.ppf(0.001, size - 1) < statistic < chi2.ppf(0.999, size - 1)
    pairs = hits[np.triu_indices(size, k=1)]
    assert pairs.mean() / (draws * p * (drawn - 1) / (size - 1)) == pytest.approx(1)
    assert pairs.min() > 0.5 * pairs.mean()


def test_tickets_of_two_rounds_are_independent() -> None:
    codes = [f"91{number:05d}" for number in range(4000)]
    ranks: dict[str, list[float]] = defaultdict(list)
    for seed in (SEED, hashlib.sha256(b"another").hexdigest()):
        ranks[seed] = [int(make_ticket(seed, code)[:12], 16) for code in codes]
    assert abs(np.corrcoef(*ranks.values())[0, 1]) < 0.06
