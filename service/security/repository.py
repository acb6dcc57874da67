"""SQL of keys and console sign-ins."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from service.db.tables import api_key, console_session

Row = RowMapping
# Asked with every request, so built once.
_KEY = select(api_key).where(api_key.c.key_id == bindparam("asked"))
_SESSION = (
    select(api_key, console_session.c.expires_at.label("session_ends"))
    .join(console_session, console_session.c.key_id == api_key.c.key_id)
    .where(console_session.c.token_hash == bindparam("asked"))
)


def add_key(session: Session, **values: Any) -> None:
    """Insert one key."""
    session.execute(insert(api_key).values(**values))


def find_key(session: Session, key_id: str) -> Row | None:
    """The key of that id, or ``None``."""
    return session.connection().execute(_KEY, {"asked": key_id}).mappings().first()


def list_keys(session: Session) -> list[Row]:
    """All keys, the oldest first."""
    order = (api_key.c.created_at, api_key.c.key_id)
    return list(session.execute(select(api_key).order_by(*order)).mappings())


def revoke_key(session: Session, key_id: str, *, revoked_at: datetime) -> None:
    """Mark a key as revoked and forget its sign-ins."""
    session.execute(update(api_key).where(api_key.c.key_id == key_id).values(revoked_at=revoked_at))
    session.execute(delete(console_session).where(console_session.c.key_id == key_id))


def add_session(
    session: Session, *, token_hash: str, key_id: str, created_at: datetime, expires_at: datetime
) -> None:
    """Insert one sign-in and forget those that are over."""
    session.execute(delete(console_session).where(console_session.c.expires_at <= created_at))
    session.execute(
        insert(console_session).values(
            token_hash=token_hash, key_id=key_id, created_at=created_at, expires_at=expires_at
        )
    )


def find_session(session: Session, token_hash: str) -> Row | None:
    """A sign-in with its key (columns ``session_ends`` and those of the key), or ``None``."""
    return session.connection().execute(_SESSION, {"asked": token_hash}).mappings().first()


def end_session(session: Session, token_hash: str) -> None:
    """Forget one sign-in."""
    session.execute(delete(console_session).where(console_session.c.token_hash == token_hash))
