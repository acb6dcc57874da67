"""The register of models: acts in a chain that nobody can change without the key."""

import json
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.errors import RegisterError
from models.registry.register import Register, read_register
from models.registry.signing import key_id

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRUSTED = {key_id(KEY.public_key()): KEY.public_key()}
AT = datetime(2026, 11, 1, 2, 0)
WHO = {"by": "李四", "reason": "比较报告 2026-11", "at": AT, "key": KEY}


def trained(*versions: str) -> Register:
    register = Register()
    for version in versions:
        register = register.with_trained(
            version, folder=f"f-{version}", by="x", reason="", at=AT, key=KEY
        )
    return register


def test_the_first_model_is_in_use_and_later_ones_are_challengers() -> None:
    register = trained("a", "b", "c")
    assert register.champion == "a"
    assert [register.state(one) for one in "abcd"] == [
        "champion",
        "challenger",
        "challenger",
        "unregistered",
    ]
    assert Register().champion is None


def test_promotion_retires_and_roll_back_returns_one_step_at_a_time() -> None:
    register = trained("a", "b", "c")
    register = register.with_promotion("b", folder="f-b", **WHO)
    register = register.with_promotion("c", folder="f-c", **WHO)
    assert [register.state(one) for one in "abc"] == ["retired", "retired", "champion"]
    assert register.acts[-1].replaced == "b"
    register = register.with_rollback(**WHO)
    assert register.champion == "b"
    assert register.state("c") == "retired"
    register = register.with_rollback(**WHO)
    assert register.champion == "a"
    assert register.acts[-1].folder == "f-a"
    with pytest.raises(RegisterError, match="return to"):
        register.with_rollback(**WHO)


def test_a_received_model_may_be_promoted_before_any_training() -> None:
    register = Register().with_promotion("z", folder="received", **WHO)
    assert register.champion == "z"
    register = register.with_trained("a", folder="f-a", by="x", reason="", at=AT, key=KEY)
    assert register.state("a") == "challenger"


@pytest.mark.parametrize("missing", [{"by": " "}, {"reason": ""}])
def test_an_act_without_name_or_reason_is_refused(missing: dict[str, str]) -> None:
    register = trained("a", "b").with_promotion("b", folder="f-b", **WHO)
    with pytest.raises(RegisterError, match="--by"):
        register.with_promotion("a", folder="f-a", **(WHO | missing))
    with pytest.raises(RegisterError, match="--by"):
        register.with_rollback(**(WHO | missing))


def test_what_is_in_use_cannot_be_promoted() -> None:
    with pytest.raises(RegisterError, match="in use already"):
        trained("a").with_promotion("a", folder="f-a", **WHO)


def test_a_register_reads_back_and_goes_on() -> None:
    register = trained("a", "b").with_promotion("b", folder="f-b", **WHO)
    read = read_register(register.content, trusted=TRUSTED)
    assert read == register
    assert read.with_rollback(**WHO).content.startswith(register.content)
    assert read_register(b"", trusted=TRUSTED) == Register()


def test_any_change_is_refused_by_its_line() -> None:
    register = trained("a", "b", "c").with_promotion("b", folder="f-b", **WHO)
    lines = register.content.splitlines(keepends=True)
    forged = lines[1].replace(b'"version": "b"', b'"version": "z"')
    entry = json.loads(lines[1])
    signed_by_other = trained("a")
    signed_by_other = signed_by_other.with_trained(
        "b", folder="f-b", by="x", reason="", at=AT, key=OTHER
    )
    for content, line in {
        b"".join([lines[0], forged, *lines[2:]]): 2,
        b"".join(lines[1:]): 1,
        b"".join([lines[0], *lines[2:]]): 2,
        b"".join([lines[1], lines[0], *lines[2:]]): 1,
        register.content[:-1]: 4,
        b"".join([lines[0], b"{}\n"]): 2,
        b"".join([lines[0], b"[1]\n"]): 2,
        b"".join([lines[0], json.dumps(entry | {"key_id": "0" * 16}).encode() + b"\n"]): 2,
        signed_by_other.content: 2,
    }.items():
        with pytest.raises(RegisterError, match=f"line {line} ") as refused:
            read_register(content, trusted=TRUSTED)
        assert f"第 {line} 行" in refused.value.zh


def test_every_flipped_bit_of_a_line_is_noticed() -> None:
    content = trained("a", "b").content
    for at in range(0, len(content), 7):
        changed = bytearray(content)
        changed[at] ^= 1
        with pytest.raises(RegisterError):
            read_register(bytes(changed), trusted=TRUSTED)
