"""Persons of an application: found by keyed hash in the register, never by name."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from features.intake import hash_person
from scoring.registration import CURRENT_HEAD, PROPOSED_HEAD, Person, PersonEvent
from service.credit_checks import repository
from service.credit_checks.repository import Moment, Row
from service.credit_checks.schemas import CreditCheckIn, PersonIn

_EVENTS = {"revocation": "licence_revoked", "annulment": "registration_annulled"}


def person_keys(person: PersonIn, *, key: bytes) -> tuple[str, ...]:
    """The hashes under which intake may have stored a person.

    A department's mapping hashes the number alone or together with the name, in either order.
    """
    number, name = person.id_number or "", person.name
    return tuple(
        hash_person(*parts, key=key) for parts in ((number,), (name, number), (number, name))
    )


def find_persons(
    session: Session,
    request: CreditCheckIn,
    *,
    registered_key: str | None,
    key: bytes,
    moment: Moment,
) -> list[Person]:
    """Everybody an application names or its enterprise has, with their earlier offices.

    `registered_key` is the hash of the head on record; ``None`` where the register has none.
    """
    given: list[tuple[str, PersonIn]] = [(other.role, other) for other in request.other_persons]
    if request.legal_representative is not None:
        role = PROPOSED_HEAD if request.names_head else CURRENT_HEAD
        given.insert(0, (role, request.legal_representative))
    asked = [
        (role, person_keys(person, key=key) if person.id_number else ()) for role, person in given
    ]
    known_heads = {text for role, keys in asked if role == CURRENT_HEAD for text in keys}
    if registered_key is not None and registered_key not in known_heads:
        asked.append((CURRENT_HEAD, (registered_key,)))
    return [
        Person(
            role=role,
            identified=bool(keys),
            events=_events(session, keys, moment=moment) if keys else (),
        )
        for role, keys in asked
    ]


def _events(session: Session, keys: Sequence[str], *, moment: Moment) -> tuple[PersonEvent, ...]:
    """What happened to enterprises while the person was their head."""
    history = repository.registrations_of_heads(session, keys, moment=moment)
    ids = list(dict.fromkeys(row["enterprise_id"] for row in history))
    serious = repository.serious_listings(session, ids, moment=moment)
    found = [
        _event(kind, row["event_on"], row)
        for row in history
        if (kind := _EVENTS.get(row["event"]))
        and _head_on(history, row["enterprise_id"], row["event_on"]) in keys
    ]
    found += [
        _event(
            "serious_listing",
            row["listed_on"],
            _state_on(history, row["enterprise_id"], row["listed_on"]),
        )
        for row in serious
        if _head_on(history, row["enterprise_id"], row["listed_on"]) in keys
    ]
    return tuple(dict.fromkeys(found))


def _event(kind: str, counted_from: date, state: Row | None) -> PersonEvent:
    assert state is not None  # the head was read from it
    return PersonEvent(
        kind=kind,
        counted_from=counted_from,
        enterprise_id=state["enterprise_id"],
        enterprise_name=state["name"],
    )


def _head_on(history: Sequence[Row], enterprise_id: str, day: date) -> str | None:
    """Hash of the head on a day: the last one stated; an event that states none changes nothing."""
    heads = [
        row["legal_representative_key"]
        for row in history
        if row["enterprise_id"] == enterprise_id
        and row["event_on"] <= day
        and row["legal_representative_key"]
    ]
    return heads[-1] if heads else None


def _state_on(history: Sequence[Row], enterprise_id: str, day: date) -> Row | None:
    states = [
        row for row in history if row["enterprise_id"] == enterprise_id and row["event_on"] <= day
    ]
    return states[-1] if states else None
