"""API keys: issue, check, list, revoke. The secret is shown once and kept only as a hash."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.errors import KeyEndedError, KeyRefusedError, UnknownKeyError
from service.security import repository
from service.security.scopes import Scope

_LONGEST_NAME = 100
_ID_BYTES = 6
_SECRET_BYTES = 32
_WRITTEN = re.compile(r"xh_(?P<key_id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
# The old and the new key of a caller that is changing over.
ACTIVE_KEYS_A_NAME = 2


@dataclass(frozen=True)
class ApiKey:
    """An issued key without its secret."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_active(self, now: datetime) -> bool:
        """Whether the key opens anything at an instant (naive UTC)."""
        return self.revoked_at is None and now < self.expires_at


def create_key(
    session: Session, name: str, *, scopes: Collection[Scope], days: int, now: datetime
) -> tuple[ApiKey, str]:
    """Issue a key for a caller.

    Returns
    -------
    The key, and its text ``xh_<id>_<secret>``, which is not kept.

    Raises
    ------
    KeyRefusedError
        No scope was named, the name cannot be used, or its holder already has two active keys.
    """
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise KeyRefusedError(
            f"使用者名称 {name!r} 不能使用：1 至 {_LONGEST_NAME} 个可见字符。",
            f"The name {name!r} cannot be used: 1 to {_LONGEST_NAME} visible characters.",
        )
    if not scopes:
        offered = " ".join(f"--scope {scope}" for scope in Scope)
        raise KeyRefusedError(
            f"密钥 {name} 没有任何权限。可选：{offered}",
            f"Key {name} has no scope. Choose of: {offered}",
        )
    active = [key for key in list_keys(session) if key.name == name and key.is_active(now)]
    if len(active) >= ACTIVE_KEYS_A_NAME:
        listed = ", ".join(key.key_id for key in active)
        raise KeyRefusedError(
            f"{name} 已有 {len(active)} 个有效密钥（{listed}）。"
            "请先用 xinheng key revoke 吊销一个。",
            f"{name} already has {len(active)} active keys ({listed})."
            " Revoke one first: xinheng key revoke",
        )
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        key_id=secrets.token_hex(_ID_BYTES),
        name=name,
        scopes=frozenset(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
        revoked_at=None,
    )
    repository.add_key(
        session,
        key_id=key.key_id,
        name=name,
        secret_hash=_hash(secret),
        scopes=" ".join(sorted(key.scopes)),
        created_at=now,
        expires_at=key.expires_at,
    )
    return key, f"xh_{key.key_id}_{secret}"


def find_key(session: Session, text: str, *, now: datetime) -> ApiKey:
    """The active key that `text` is.

    Raises
    ------
    UnknownKeyError
        No such key, or the secret is another one; the two look alike from outside.
    KeyEndedError
        The secret is right, but the key is revoked or expired.
    """
    written = _WRITTEN.fullmatch(text)
    row = repository.find_key(session, written["key_id"]) if written else None
    if written is None or row is None:
        raise UnknownKeyError
    if not hmac.compare_digest(row["secret_hash"], _hash(written["secret"])):
        raise UnknownKeyError
    key = _read(row)
    if key.revoked_at is not None:
        raise KeyEndedError(key.key_id, ended_at=key.revoked_at, revoked=True)
    if not key.is_active(now):
        raise KeyEndedError(key.key_id, ended_at=key.expires_at, revoked=False)
    return key


def list_keys(session: Session) -> list[ApiKey]:
    """Every key ever issued, the oldest first."""
    return [_read(row) for row in repository.list_keys(session)]


def revoke_key(session: Session, key_id: str, *, now: datetime) -> ApiKey:
    """End a key at once, with every console sign-in made with it.

    Raises
    ------
    KeyRefusedError
        There is no such key, or it is revoked already.
    """
    row = repository.find_key(session, key_id)
    if row is None:
        raise KeyRefusedError(
            f"没有编号为 {key_id} 的密钥。请用 xinheng key list 查看。",
            f"There is no key {key_id}. See: xinheng key list",
        )
    if row["revoked_at"] is not None:
        raise KeyRefusedError(
            f"密钥 {key_id} 已于 {row['revoked_at']} 吊销。",
            f"Key {key_id} was revoked at {row['revoked_at']}.",
        )
    repository.revoke_key(session, key_id, revoked_at=now)
    return replace(_read(row), revoked_at=now)


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash: nobody can try them all.
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(row: repository.Row) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"].split()),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
