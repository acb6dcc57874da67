"""The commitment: the published vectors of certificate transparency, and what salt is for."""

import hashlib
import math

import pytest

from scoring.double_random.commitment import frame_root, merkle_root, row_salt
from scoring.double_random.frame import build_frame
from scoring.errors import EvidenceError

# Reference implementation of RFC 6962 (google/certificate-transparency, merkle_tree_test).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
KEY = "5a" * 32


@pytest.mark.parametrize("size", range(9))
def test_root_of_the_standard_leaves(size: int) -> None:
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size]


def rfc_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162 word by word: split at the largest power of two below n."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << math.ceil(math.log2(len(leaves))) - 1
    children = rfc_root(leaves[:split]) + rfc_root(leaves[split:])
    return hashlib.sha256(b"\x01" + children).digest()


@pytest.mark.parametrize("size", [*range(1, 70), 127, 128, 129, 1000])
def test_root_by_levels_is_the_recursive_one(size: int) -> None:
    leaves = [number.to_bytes(4, "big") for number in range(size)]
    assert merkle_root(leaves) == rfc_root(leaves)


def test_root_depends_on_salt_grade_and_enterprise_but_not_on_the_order_of_rows() -> None:
    ids, strata = ["91A", "91B", "91C"], ["440507.A.due", "440507.B.due", "440507.A.due"]
    root = frame_root(build_frame(ids, strata), salt_key=KEY)
    assert frame_root(build_frame(ids[::-1], strata[::-1]), salt_key=KEY) == root
    assert frame_root(build_frame(ids, strata), salt_key="5b" * 32) != root
    assert frame_root(build_frame(ids, [*strata[:2], "440507.D.due"]), salt_key=KEY) != root
    assert frame_root(build_frame(ids[:2], strata[:2]), salt_key=KEY) != root


def test_rows_have_different_salts() -> None:
    assert row_salt(KEY, "91A") != row_salt(KEY, "91B")


@pytest.mark.parametrize("key", ["", "5a" * 16, "5A" * 32, "5a" * 32 + "\n"])
def test_short_salt_key_is_refused(key: str) -> None:
    with pytest.raises(EvidenceError, match="64"):
        frame_root(build_frame(["91A"], ["440507.A.due"]), salt_key=key)
