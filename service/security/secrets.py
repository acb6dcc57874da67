"""Secret files of the installation: made once, readable by their owner only."""

import os
import secrets
from pathlib import Path

from service.errors import HomeIncompleteError

SECRET_BYTES = 32


def make_secret(path: Path) -> bool:
    """Write 32 random bytes to `path` with mode 0600.

    Returns
    -------
    False where the file is there already: it is never replaced, since a new key would make every
    hash and signature made with the old one useless.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as stream:
        stream.write(secrets.token_bytes(SECRET_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    return True


def read_secret(path: Path) -> bytes:
    """The bytes of a secret file.

    Raises
    ------
    HomeIncompleteError
        The file is missing or shorter than 32 bytes.
    """
    content = path.read_bytes() if path.is_file() else b""
    if len(content) < SECRET_BYTES:
        raise HomeIncompleteError(path)
    return content
