"""Where a value comes from: the act, how it was read, and whether 法制科 may rely on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from law.reading import (
    Faults,
    check_keys,
    read_choice,
    read_day,
    read_optional_text,
    read_text,
)

Status = Literal["confirmed", "unconfirmed"]

STATUSES = ("confirmed", "unconfirmed")

SOURCES = {
    "checked": "the text of the act was read in a public copy",
    "policy_document": "stated in a published document of the office itself",
    "checked_secondary": "seen in a news page, a digest or a commercial page; the act was not read",
    "from_memory": "recalled; no copy could be read",
    "proposal": "a choice of this software, no rule of law",
}

MAY_BE_CONFIRMED = ("checked", "policy_document")

PROVENANCE_KEYS = ("status", "source", "checked_on", "reference", "note")


@dataclass(frozen=True)
class Reference:
    """The act that a value rests on; `number` and `article` are None where they are not known."""

    act: str
    number: str | None = None
    article: str | None = None
    read_in: str | None = None

    def __str__(self) -> str:
        number = f"（{self.number}）" if self.number else ""
        return f"《{self.act}》{number}{self.article or ''}"


@dataclass(frozen=True)
class Provenance:
    reference: Reference
    status: Status
    source: str
    checked_on: date | None
    note: str | None = None


def read_provenance(entry: Mapping[Any, Any], faults: Faults) -> Provenance:
    """Read status, source, checked_on, reference and note of an entry.

    A value that rests on memory, on a secondary page or on a proposal can't be confirmed: the
    reader refuses it. Who has read the act changes `source` and `status` together.
    """
    status = read_choice(entry, "status", faults, choices=STATUSES) or "unconfirmed"
    source = read_choice(entry, "source", faults, choices=SOURCES)
    checked_on = read_day(entry, "checked_on", faults)
    reference = _read_reference(entry.get("reference"), faults)
    if status == "confirmed":
        _check_confirmed(source, checked_on, reference, faults)
    return Provenance(
        reference=reference,
        status=cast("Status", status),
        source=source,
        checked_on=checked_on,
        note=read_optional_text(entry, "note", faults),
    )


def _check_confirmed(
    source: str, checked_on: date | None, reference: Reference, faults: Faults
) -> None:
    if source and source not in MAY_BE_CONFIRMED:
        faults.add(
            f"来源为 {source} 的值不能标为 confirmed，请核对原文后把来源改为 checked",
            f"a value whose source is {source} can't be confirmed; read the act and set source "
            "to checked",
        )
    if checked_on is None:
        faults.add("已确认的值须写明核对日期 checked_on", "a confirmed value needs checked_on")
    if reference.act and reference.article is None:
        faults.add("已确认的值须写明条款 article", "a confirmed value needs reference.article")


def _read_reference(value: object, faults: Faults) -> Reference:
    if not isinstance(value, Mapping):
        if value is not None:
            faults.add("reference 应为键值表", "reference must be a mapping")
        return Reference(act="")
    with faults.at("reference"):
        check_keys(value, faults, required=("act",), optional=("number", "article", "read_in"))
        return Reference(
            act=read_text(value, "act", faults),
            number=read_optional_text(value, "number", faults),
            article=read_optional_text(value, "article", faults),
            read_in=read_optional_text(value, "read_in", faults),
        )
