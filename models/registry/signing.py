"""Ed25519 keys and signatures: who vouches for a model."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from law.files import write_atomically
from models.errors import KeyFileError

PUBLIC_SUFFIX = ".pub.pem"


@dataclass(frozen=True)
class Signature:
    """A signature and the key that made it.

    Attributes
    ----------
    key_id
        First 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes.
    value
        64 bytes, hexadecimal.
    """

    key_id: str
    value: str


def key_id(public: Ed25519PublicKey) -> str:
    """Short name of a key, the same wherever the key is."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def create_key(path: Path) -> str:
    """Write a new private key (PEM, readable by its owner only) and its public half beside it.

    The public half is ``<name>.pub.pem``; offices that are to trust the models get that file.

    Returns
    -------
    str
        The key's id.

    Raises
    ------
    KeyFileError
        A key is already there. Keys are never overwritten.
    """
    public_path = path.with_name(path.stem + PUBLIC_SUFFIX)
    if path.exists() or public_path.exists():
        raise KeyFileError(
            f"{path} 或其公钥已存在；密钥不会被覆盖，请换一个文件名",
            f"{path} or its public half exists already; keys are never overwritten, name another",
        )
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    public = private.public_key()
    write_atomically(
        public_path,
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
    return key_id(public)


def load_private(path: Path) -> Ed25519PrivateKey:
    """Read a private key.

    Raises
    ------
    KeyFileError
        No file, or no Ed25519 private key in it.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unreadable(path)
    return key


def trusted_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """Every public key (``*.pub.pem``) of a folder, by key id; empty where there is no folder.

    Raises
    ------
    KeyFileError
        A file there holds no Ed25519 public key.
    """
    keys: dict[str, Ed25519PublicKey] = {}
    for path in sorted(folder.glob(f"*{PUBLIC_SUFFIX}")):
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except ValueError as error:
            raise _unreadable(path) from error
        if not isinstance(key, Ed25519PublicKey):
            raise _unreadable(path)
        keys[key_id(key)] = key
    return keys


def sign(content: bytes, key: Ed25519PrivateKey) -> Signature:
    """Sign bytes; the same bytes and key give the same signature."""
    return Signature(key_id(key.public_key()), key.sign(content).hex())


def is_genuine(
    content: bytes, signature: Signature, trusted: Mapping[str, Ed25519PublicKey]
) -> bool:
    """Whether a trusted key made this signature over these bytes."""
    public = trusted.get(signature.key_id)
    if public is None:
        return False
    try:
        public.verify(bytes.fromhex(signature.value), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _unreadable(path: Path) -> KeyFileError:
    return KeyFileError(
        f"{path} 不是可读的 Ed25519 密钥（PEM）。请用“xinheng key create”生成密钥。",
        f"{path} is not a readable Ed25519 key in PEM form. Make one with `xinheng key create`.",
    )
