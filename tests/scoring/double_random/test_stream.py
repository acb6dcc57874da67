"""Numbers of the swap chain: what `sha256sum` prints, and exactly even."""

import subprocess

import numpy as np
import pytest

from scoring.double_random.stream import Stream

SEED = "ab" * 32


def test_words_are_what_sha256sum_prints() -> None:
    words = Stream(SEED, "partner").words(9)
    text = "".join(f"{word:016x}" for word in words.tolist())
    script = r'for i in 0 1 2; do printf "%s\x1fpartner\x1f%s" "$1" $i | sha256sum; done'
    done = subprocess.run(
        ["bash", "-c", script, "-", SEED], capture_output=True, text=True, check=True
    )
    printed = "".join(line.split()[0] for line in done.stdout.splitlines())
    assert printed.startswith(text)


def test_how_many_are_asked_for_at_a_time_makes_no_difference() -> None:
    whole, parts = Stream(SEED, "x"), Stream(SEED, "x")
    in_parts = np.concatenate([parts.words(number) for number in (1, 6, 0, 3, 90)])
    assert whole.words(100).tolist() == in_parts.tolist()


@pytest.mark.parametrize("bound", [1, 2, 7, 10**6, 2**63 + 1, 2**64 - 1])
def test_numbers_below_a_bound_pass_over_the_incomplete_run(bound: int) -> None:
    found = Stream(SEED, "y").below(bound, 400).tolist()
    limit = 2**64 - 2**64 % bound
    words = Stream(SEED, "y").words(2000).tolist()
    assert found == [word % bound for word in words if word < limit][:400]
    assert max(found) < bound


def test_purposes_have_streams_of_their_own() -> None:
    assert Stream(SEED, "x").words(4).tolist() != Stream(SEED, "y").words(4).tolist()
