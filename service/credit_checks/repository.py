"""SQL of credit checks: the facts as they were known, and the chain of receipts.

Statements are built once, when the module loads: a check runs eight of them, and building one takes
longer than running it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from service.db.tables import chain_head, credit_check, list_snapshot, listing, registration

Row = RowMapping
CHAIN = "credit_check"


@dataclass(frozen=True)
class Moment:
    """The day a question is about, and the instant (naive UTC) whose knowledge counts."""

    as_of: date
    known_at: datetime

    def bind(self, **values: Any) -> dict[str, Any]:
        """Parameters of a statement that asks about this moment."""
        return {"as_of": self.as_of, "known_by": self.known_at, **values}


def _known(table: Table) -> ColumnElement[bool]:
    """What was known at the moment: not later, and not yet replaced by something newer."""
    superseded = table.c.superseded_at
    instant: BindParameter[datetime] = bindparam("known_by")
    return and_(table.c.known_at <= instant, or_(superseded.is_(None), superseded > instant))


_THEN: BindParameter[date] = bindparam("as_of")
_ASKED: BindParameter[str] = bindparam("asked")
_MANY: BindParameter[list[str]] = bindparam("asked", expanding=True)
_REGISTERED = and_(registration.c.event_on <= _THEN, _known(registration))
_LISTED = and_(listing.c.listed_on <= _THEN, _known(listing))

_NEWEST_SNAPSHOT = select(list_snapshot).order_by(list_snapshot.c.snapshot_id.desc()).limit(1)
_REGISTRATION = (
    select(registration)
    .where(registration.c.enterprise_id == _ASKED, _REGISTERED)
    .order_by(registration.c.event_on.desc(), registration.c.known_at.desc())
    .limit(1)
)
_LISTINGS = (
    select(listing)
    .where(
        listing.c.enterprise_id == _ASKED,
        _LISTED,
        or_(listing.c.removed_on.is_(None), listing.c.removed_on > _THEN),
    )
    .order_by(listing.c.listed_on, listing.c.list_name, listing.c.decision_no)
)
_HEADED = select(registration.c.enterprise_id).where(
    registration.c.legal_representative_key.in_(_MANY)
)
_REGISTRATIONS_OF_HEADS = (
    select(registration)
    .where(registration.c.enterprise_id.in_(_HEADED), _REGISTERED)
    .order_by(registration.c.enterprise_id, registration.c.event_on, registration.c.known_at)
)
_SERIOUS_LISTINGS = (
    select(listing)
    .where(
        listing.c.enterprise_id.in_(_MANY),
        listing.c.list_name == "serious_violation_list",
        _LISTED,
    )
    .order_by(listing.c.enterprise_id, listing.c.listed_on)
)
_CHAIN_END = select(chain_head).where(chain_head.c.chain == CHAIN)
_LOCKED_CHAIN_END = _CHAIN_END.with_for_update()
_ADD_RECEIPT = insert(credit_check)
_MOVE_CHAIN_END = (
    update(chain_head)
    .where(chain_head.c.chain == CHAIN)
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
)
_RECEIPT = select(credit_check).where(credit_check.c.check_id == _ASKED)
_REPEATED = select(credit_check).where(
    credit_check.c.key_id == bindparam("caller"),
    credit_check.c.idempotency_key == bindparam("repeated"),
)
_CHAIN = (
    select(credit_check)
    .where(credit_check.c.seq <= bindparam("last"))
    .order_by(credit_check.c.seq)
    .execution_options(yield_per=1000)
)


def newest_snapshot(session: Session) -> Row | None:
    """The last load of the lists, or ``None``."""
    return _first(session, _NEWEST_SNAPSHOT, {})


def find_registration(session: Session, enterprise_id: str, *, moment: Moment) -> Row | None:
    """The state of an enterprise on a day, as known at an instant; ``None`` where unknown."""
    return _first(session, _REGISTRATION, moment.bind(asked=enterprise_id))


def listings_in_force(session: Session, enterprise_id: str, *, moment: Moment) -> list[Row]:
    """Entries that stand on a day, as known at an instant, the oldest first."""
    return _all(session, _LISTINGS, moment.bind(asked=enterprise_id))


def registrations_of_heads(
    session: Session, person_keys: Sequence[str], *, moment: Moment
) -> list[Row]:
    """Every registration event, in order, of the enterprises that a person ever headed."""
    return _all(session, _REGISTRATIONS_OF_HEADS, moment.bind(asked=person_keys))


def serious_listings(
    session: Session, enterprise_ids: Sequence[str], *, moment: Moment
) -> list[Row]:
    """Entries on the serious violation list until a day, removed ones too."""
    return _all(session, _SERIOUS_LISTINGS, moment.bind(asked=enterprise_ids))


def lock_chain(session: Session) -> Row:
    """The last link of the chain of receipts, locked until the transaction ends."""
    return session.connection().execute(_LOCKED_CHAIN_END).mappings().one()


def chain_end(session: Session) -> Row:
    """The last link of the chain of receipts, not locked."""
    return session.connection().execute(_CHAIN_END).mappings().one()


def add_receipt(session: Session, **values: Any) -> None:
    """Insert a receipt and make it the last link; `lock_chain` comes first."""
    connection = session.connection()
    connection.execute(_ADD_RECEIPT, values)
    connection.execute(_MOVE_CHAIN_END, {"new_seq": values["seq"], "new_hash": values["hash"]})


def find_receipt(session: Session, check_id: str) -> Row | None:
    """The receipt of that number, or ``None``."""
    return _first(session, _RECEIPT, {"asked": check_id})


def find_by_idempotency_key(session: Session, *, key_id: str, idempotency_key: str) -> Row | None:
    """The receipt that a caller got for an Idempotency-Key, or ``None``."""
    return _first(session, _REPEATED, {"caller": key_id, "repeated": idempotency_key})


def receipts_until(session: Session, seq: int) -> Iterator[Row]:
    """Every receipt up to a link, in the order of the chain, streamed."""
    yield from session.connection().execute(_CHAIN, {"last": seq}).mappings()


def _first(session: Session, statement: Select[Any], values: dict[str, Any]) -> Row | None:
    return session.connection().execute(statement, values).mappings().first()


def _all(session: Session, statement: Select[Any], values: dict[str, Any]) -> list[Row]:
    return list(session.connection().execute(statement, values).mappings())
