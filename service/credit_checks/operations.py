"""Answer a credit check from the database as it stands, and keep the receipt.

Every check reads the tables in the transaction that stores its receipt: a list change committed by
another process counts at once, and the receipt says what the database said.
"""

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

import law
from scoring.registration import Application, Listing, Subject, decide
from service.clock import office_day, utc_text
from service.context import Context
from service.credit_checks import receipts, repository
from service.credit_checks.persons import find_persons
from service.credit_checks.repository import Moment, Row
from service.credit_checks.schemas import CreditCheckIn
from service.errors import (
    FutureError,
    IdempotencyError,
    ListsUnusableError,
    UnknownReceiptError,
)
from service.security.keys import ApiKey

_NUMBER = re.compile(r"cc_[0-9a-f]{24}")
MAXIMUM_AGE = "lists.maximum_age_hours"
# Positions of the code that say what kind of entity it is where the register does not.
_KINDS_BY_PREFIX = {"92": "individual_business", "93": "farmers_cooperative"}


def check_application(
    context: Context, request: CreditCheckIn, *, caller: ApiKey, idempotency_key: str
) -> str:
    """Decide an application and store the receipt.

    Returns
    -------
    The receipt as JSON text; for a repeated request the one that was answered first.

    Raises
    ------
    FutureError
        `as_of` or `known_at` has not come yet.
    ListsUnusableError
        The lists were never loaded or are older than ``lists.maximum_age_hours``.
    IdempotencyError
        The Idempotency-Key belongs to another request, or its answer has expired.
    """
    now = context.clock()
    digest = _digest(request, key=context.person_key)
    _check_not_future(request, now)
    with context.database.writing() as session:
        # Waiting here, not later: two requests with one Idempotency-Key come one after the other.
        head = repository.lock_chain(session)
        earlier = repository.find_by_idempotency_key(
            session, key_id=caller.key_id, idempotency_key=idempotency_key
        )
        if earlier is not None:
            return _repeat(earlier, digest=digest, now=now)
        body = _decide(session, context, request, now=now)
        body |= {
            "check_id": f"cc_{secrets.token_hex(12)}",
            "seq": head["seq"] + 1,
            "created_at": utc_text(now),
            "prev_hash": head["hash"],
        }
        text, link = receipts.seal(body)
        repository.add_receipt(
            session,
            check_id=body["check_id"],
            seq=body["seq"],
            created_at=now,
            expires_at=receipts.read_instant(body["expires_at"]),
            key_id=caller.key_id,
            enterprise_id=request.enterprise,
            decision=body["decision"],
            idempotency_key=idempotency_key,
            request_digest=digest,
            body=text,
            prev_hash=head["hash"],
            hash=link,
        )
    return text


def find_receipt(session: Session, check_id: str) -> str:
    """The receipt of that number as JSON text.

    Raises
    ------
    UnknownReceiptError
    """
    row = repository.find_receipt(session, check_id) if _NUMBER.fullmatch(check_id) else None
    if row is None:
        raise UnknownReceiptError(check_id)
    return str(row["body"])


def _check_not_future(request: CreditCheckIn, now: datetime) -> None:
    today = office_day(now)
    if request.as_of is not None and request.as_of > today:
        raise FutureError("as_of", value=request.as_of, now=today)
    if request.known_at is not None and request.known_at > now:
        raise FutureError("known_at", value=utc_text(request.known_at), now=utc_text(now))


def _repeat(earlier: Row, *, digest: str, now: datetime) -> str:
    check_id, key = earlier["check_id"], earlier["idempotency_key"]
    if not hmac.compare_digest(earlier["request_digest"], digest):
        raise IdempotencyError(
            f"Idempotency-Key {key} 已用于另一个请求（核查 {check_id}）。新的请求请使用新的键。",
            f"Idempotency-Key {key} belongs to another request (check {check_id}). Use a new key"
            " for a new request.",
        )
    if earlier["expires_at"] <= now:
        raise IdempotencyError(
            f"Idempotency-Key {key} 的核查 {check_id} 已过有效期，请使用新的键重新核查。",
            f"The answer to Idempotency-Key {key} (check {check_id}) has expired. Ask again with a"
            " new key.",
        )
    return str(earlier["body"])


def _digest(request: CreditCheckIn, *, key: bytes) -> str:
    """Keyed, because a plain hash of a request would let an identity number be guessed."""
    text = receipts.canonical(request.model_dump(mode="json"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _decide(
    session: Session, context: Context, request: CreditCheckIn, *, now: datetime
) -> dict[str, Any]:
    region = context.settings.region
    as_of = request.as_of or office_day(now)
    moment = Moment(as_of=as_of, known_at=request.known_at or now)
    snapshot, expires_at = _usable_lists(session, context, now=now)
    state, entries = None, []
    if request.enterprise is not None:
        state = repository.find_registration(session, request.enterprise, moment=moment)
        entries = repository.listings_in_force(session, request.enterprise, moment=moment)
    persons = find_persons(
        session,
        request,
        registered_key=state["legal_representative_key"] if state else None,
        key=context.person_key,
        moment=moment,
    )
    application = _application(request, state=state, as_of=as_of, region=region)
    decision = decide(
        application,
        listings=[_listing(entry) for entry in entries],
        persons=persons,
        overlay=context.settings.law_overlay,
    )
    return {
        **receipts.describe_request(request, moment),
        **receipts.describe_subject(request, state),
        **receipts.describe_decision(decision),
        **receipts.describe_data(snapshot),
        "ruleset": receipts.ruleset(as_of, region=region, overlay=context.settings.law_overlay),
        "expires_at": utc_text(expires_at),
    }


@dataclass(frozen=True)
class ListState:
    """The lists in use; `fault` says why no decision may rest on them."""

    snapshot: Row | None
    usable_until: datetime | None
    fault: ListsUnusableError | None


def list_state(session: Session, context: Context) -> ListState:
    """How old the lists are, against ``lists.maximum_age_hours``."""
    now = context.clock()
    hours = law.value(
        MAXIMUM_AGE,
        on=office_day(now),
        region=context.settings.region,
        overlay=context.settings.law_overlay,
    )
    snapshot = repository.newest_snapshot(session)
    if snapshot is None:
        fault = ListsUnusableError(loaded_at=None, maximum_age_hours=hours)
        return ListState(snapshot=None, usable_until=None, fault=fault)
    until = snapshot["loaded_at"] + timedelta(hours=hours)
    loaded = utc_text(snapshot["loaded_at"])
    too_old = ListsUnusableError(loaded_at=loaded, maximum_age_hours=hours)
    return ListState(snapshot=snapshot, usable_until=until, fault=too_old if until <= now else None)


def _usable_lists(session: Session, context: Context, *, now: datetime) -> tuple[Row, datetime]:
    """The lists in use, and the instant until which an answer from them may be used."""
    state = list_state(session, context)
    if state.snapshot is None or state.usable_until is None or state.fault is not None:
        assert state.fault is not None  # no snapshot is a fault
        raise state.fault
    answer_ends = now + timedelta(minutes=context.settings.credit_check_minutes)
    return state.snapshot, min(state.usable_until, answer_ends)


def _application(
    request: CreditCheckIn, *, state: Row | None, as_of: date, region: str
) -> Application:
    subject = Subject(state["enterprise_id"], state["status"]) if state else None
    by_prefix = _KINDS_BY_PREFIX.get((request.enterprise or "")[:2])
    return Application(
        kind=request.application_kind,
        as_of=as_of,
        region=region,
        subject=subject,
        subject_kind=(state and state["entity_type"]) or request.entity_type or by_prefix,
        change_items=frozenset(request.change_items),
    )


def _listing(entry: Row) -> Listing:
    return Listing(
        list_name=entry["list_name"],
        ground_code=entry["ground_code"],
        decision_no=entry["decision_no"],
        authority=entry["authority"],
        listed_on=entry["listed_on"],
        removed_on=entry["removed_on"],
    )


def verify_chain(session: Session) -> tuple[int, list[str]]:
    """Check every receipt against its own hash and the one before.

    Returns
    -------
    How many receipts there are, and the numbers of those that were changed or before which one was
    taken out; no number when the whole chain holds.
    """
    broken: list[str] = []
    head = repository.chain_end(session)
    previous, seq = receipts.FIRST_HASH, 0
    for row in repository.receipts_until(session, head["seq"]):
        body = json.loads(row["body"])
        link = body.pop("hash", None)
        holds = (
            receipts.digest(body) == link == row["hash"]
            and body["prev_hash"] == row["prev_hash"] == previous
            and body["seq"] == row["seq"] == seq + 1
            and body["check_id"] == row["check_id"]
            and body["decision"] == row["decision"]
        )
        if not holds:
            broken.append(row["check_id"])
        previous, seq = row["hash"], row["seq"]
    if (head["hash"], head["seq"]) != (previous, seq):
        broken.append(f"chain_head@{head['seq']}")
    return seq, broken
