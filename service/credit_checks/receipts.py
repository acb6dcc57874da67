"""The receipt of a credit check: its text, its hash, and how facts and rules are written in it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import law
from law.registration import Ground, person_bars, rules
from scoring.registration import Decision, Hit, Listing, PersonEvent, Sentence
from service.clock import utc_text
from service.credit_checks.repository import Moment, Row
from service.credit_checks.schemas import CreditCheckIn

FIRST_HASH = "0" * 64
_LISTING_FIELDS = (
    "list",
    "reason_code",
    "reason",
    "decision_no",
    "authority",
    "listed_on",
    "removed_on",
)
_PERSON_FIELDS = ("enterprise_id", "counted_from")


def canonical(value: Any) -> str:
    """JSON with sorted keys, no blanks, and characters as they are (UTF-8)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of a receipt without its ``hash``, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def seal(body: Mapping[str, Any]) -> tuple[str, str]:
    """The receipt as the text that is stored and answered, and its hash."""
    link = digest(body)
    return canonical({**body, "hash": link}), link


def read_instant(text: str) -> datetime:
    """The instant (naive UTC) that `utc_text` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def describe_request(request: CreditCheckIn, moment: Moment) -> dict[str, Any]:
    """What was asked, without any person."""
    return {
        "application_kind": request.application_kind,
        "change_items": request.change_items,
        "business_ref": request.business_ref,
        "as_of": moment.as_of.isoformat(),
        "known_at": utc_text(moment.known_at),
    }


def describe_subject(request: CreditCheckIn, state: Row | None) -> dict[str, Any]:
    """The enterprise as the register knew it."""
    return {
        "subject_status": {
            "enterprise_id": request.enterprise,
            "is_known": state is not None,
            "status": state["status"] if state else None,
            "name": state["name"] if state else None,
            "entity_type": state["entity_type"] if state else request.entity_type,
        }
    }


def describe_data(snapshot: Row) -> dict[str, Any]:
    """Which data answered."""
    newest = snapshot["latest_known_at"]
    return {
        "snapshot": {
            "snapshot_id": snapshot["snapshot_id"],
            "archive_build": snapshot["archive_build"],
            "loaded_at": utc_text(snapshot["loaded_at"]),
        },
        "data_as_of": utc_text(newest) if newest else None,
    }


def describe_decision(decision: Decision) -> dict[str, Any]:
    """The decision with its facts and grounds."""
    return {
        "decision": decision.outcome,
        "hits": [_hit(hit) for hit in decision.hits],
        "grounds": [_ground(ground) for ground in decision.grounds],
        "must_also_apply_for": list(decision.must_also_apply_for),
        "notice": [_sentence(notice) for notice in decision.notices],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    is_listing = isinstance(hit.fact, Listing)
    facts = _listing(hit.fact) if isinstance(hit.fact, Listing) else _person_event(hit.fact)
    return {
        "subject": "enterprise" if is_listing else "person",
        "role": hit.role,
        **dict.fromkeys(_LISTING_FIELDS + _PERSON_FIELDS),
        **facts,
        "cured_by": list(hit.cured_by),
        "remedy": [_sentence(remedy) for remedy in hit.remedies],
        "blocking": hit.blocking,
        "rules": list(hit.rules),
    }


def _listing(entry: Listing) -> dict[str, Any]:
    reason = law.codes("list_grounds").get(entry.ground_code or "")
    return {
        "kind": "listing",
        "list": _coded("lists", entry.list_name),
        "reason_code": entry.ground_code,
        "reason": {"zh": reason.zh, "en": reason.en} if reason else None,
        "decision_no": entry.decision_no,
        "authority": entry.authority,
        "listed_on": entry.listed_on.isoformat(),
        "removed_on": entry.removed_on.isoformat() if entry.removed_on else None,
    }


def _person_event(event: PersonEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "enterprise_id": event.enterprise_id,
        "counted_from": event.counted_from.isoformat(),
    }


def _coded(table: str, code: str) -> dict[str, str]:
    row = law.codes(table)[code]
    return {"code": code, "zh": row.zh, "en": row.en}


def _ground(ground: Ground) -> dict[str, Any]:
    until = ground.effective_to
    return {
        "parameter": ground.parameter,
        "act": ground.reference.act,
        "document_number": ground.reference.number,
        "article": ground.reference.article,
        "text": {"zh": ground.text_zh, "en": ground.text_en},
        "effective_from": ground.effective_from.isoformat(),
        "effective_to": until.isoformat() if until else None,
        "region": ground.region,
        "status": ground.status,
        "note": ground.note,
    }


def _sentence(sentence: Sentence) -> dict[str, str]:
    return {"zh": sentence.zh, "en": sentence.en}


@lru_cache(maxsize=256)
def ruleset(day: date, *, region: str, overlay: Path | None) -> str:
    """SHA-256 of every rule and bar in force on a day in a region, 64 hexadecimal digits.

    Two receipts with one ruleset were decided by the same rules.
    """
    asked = [asdict(rule) for rule in rules(on=day, region=region, overlay=overlay)]
    asked += [asdict(bar) for bar in person_bars(on=day, overlay=overlay)]
    written = json.dumps(asked, default=_plain, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()
