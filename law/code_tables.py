"""Code tables: closed lists of words that records and parameters use, dated where they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from law.provenance import PROVENANCE_KEYS, Provenance, read_provenance
from law.reading import Faults, check_keys, read_choice, read_day, read_text

_CODE_KEYS = ("zh", "en", "since", "until", "unconfirmed")


@dataclass(frozen=True)
class Code:
    """One code. `since` and `until` are the first and the last day in force; None is open."""

    code: str
    zh: str
    en: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    unconfirmed: bool = False

    def in_force(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class CodeTable:
    name: str
    zh: str
    en: str
    codes: Mapping[str, Code]
    provenance: Provenance

    def on(self, day: date | None) -> dict[str, Code]:
        """The codes by code; only those in force on `day` where one is given."""
        return {key: code for key, code in self.codes.items() if day is None or code.in_force(day)}


def read_code_table(name: str, content: Mapping[str, Any], faults: Faults) -> CodeTable:
    """Check one file of law/codes/ and build its table.

    `attributes` declares the extra keys of the codes: a list of allowed words, or "text". Every
    code must give every declared attribute; an undeclared key is a fault.
    """
    required = ("zh", "en", "codes", "status", "source", "reference")
    check_keys(content, faults, required=required, optional=("attributes", "checked_on", "note"))
    declared = _read_declared(content.get("attributes", {}), faults)
    rows = content.get("codes")
    if not isinstance(rows, Mapping) or not rows:
        faults.add("codes 应为非空键值表", "codes must be a mapping that is not empty")
        rows = {}
    codes = {}
    for key, row in rows.items():
        with faults.at(f"codes {key!r}"):
            code = _read_code(key, row, faults, declared=declared)
        if code is not None:
            codes[code.code] = code
    provenance = read_provenance({k: content.get(k) for k in PROVENANCE_KEYS}, faults)
    return CodeTable(
        name=name,
        zh=read_text(content, "zh", faults),
        en=read_text(content, "en", faults),
        codes=codes,
        provenance=provenance,
    )


def _read_declared(value: object, faults: Faults) -> dict[str, tuple[str, ...] | None]:
    """Attribute name -> allowed words, or None for free text."""
    declared: dict[str, tuple[str, ...] | None] = {}
    if not isinstance(value, Mapping):
        faults.add("attributes 应为键值表", "attributes must be a mapping")
        return declared
    for key, allowed in value.items():
        if allowed == "text":
            declared[str(key)] = None
        elif isinstance(allowed, list) and all(isinstance(word, str) for word in allowed):
            declared[str(key)] = tuple(allowed)
        else:
            faults.add(
                f"attributes.{key} 应为 text 或词语列表",
                f'attributes.{key} must be "text" or a list of words',
            )
    return declared


def _read_code(
    key: object, row: object, faults: Faults, *, declared: Mapping[str, tuple[str, ...] | None]
) -> Code | None:
    if not isinstance(key, str):
        faults.add("代码请加引号", "put the code in quotes: it was read as a number or a flag")
        return None
    if not isinstance(row, Mapping):
        faults.add("应为键值表", "must be a mapping")
        return None
    check_keys(row, faults, required=("zh", "en", *declared), optional=_CODE_KEYS)
    attributes = {
        name: read_text(row, name, faults)
        if allowed is None
        else read_choice(row, name, faults, choices=allowed)
        for name, allowed in declared.items()
    }
    since, until = read_day(row, "since", faults), read_day(row, "until", faults)
    if since and until and until < since:
        faults.add("until 早于 since", "until is before since")
    return Code(
        code=key,
        zh=read_text(row, "zh", faults),
        en=read_text(row, "en", faults),
        attributes=attributes,
        since=since,
        until=until,
        unconfirmed=row.get("unconfirmed") is True,
    )
