"""Keys are made once, read carefully and never overwritten."""

from pathlib import Path

import pytest

from models.errors import KeyFileError
from models.registry.signing import create_key, is_genuine, load_private, sign, trusted_keys


def test_a_new_key_signs_and_its_public_half_verifies(tmp_path: Path) -> None:
    name = create_key(tmp_path / "office.pem")
    trusted = trusted_keys(tmp_path)
    assert list(trusted) == [name]
    signature = sign(b"model", load_private(tmp_path / "office.pem"))
    assert signature.key_id == name
    assert is_genuine(b"model", signature, trusted)
    assert not is_genuine(b"models", signature, trusted)
    assert not is_genuine(b"model", signature, {})
    assert (tmp_path / "office.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "office.pem")
    before = (tmp_path / "office.pem").read_bytes()
    with pytest.raises(KeyFileError, match=r"office\.pem"):
        create_key(tmp_path / "office.pem")
    assert (tmp_path / "office.pem").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pub.pem").write_bytes(content)
    with pytest.raises(KeyFileError, match=r"bad\.pub\.pem"):
        load_private(tmp_path / "bad.pub.pem")
    with pytest.raises(KeyFileError, match=r"bad\.pub\.pem"):
        trusted_keys(tmp_path)


def test_a_public_key_does_not_sign(tmp_path: Path) -> None:
    create_key(tmp_path / "office.pem")
    with pytest.raises(KeyFileError):
        load_private(tmp_path / "office.pub.pem")
    with pytest.raises(KeyFileError):
        load_private(tmp_path / "absent.pem")


def test_no_folder_means_no_trust(tmp_path: Path) -> None:
    assert trusted_keys(tmp_path / "absent") == {}
