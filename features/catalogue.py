"""The record kinds of an archive, read from ``catalog/record_kinds.yaml``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import yaml

import law

CATALOG_FOLDER = Path(__file__).parent / "catalog"
SECTIONS = ("basic", "operating", "good", "warning")

_ARROW_TYPES = {
    "string": pa.string(),
    "code": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 2),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "day": pa.date32(),
}
# What every record has besides the fields of its kind.
_COMMON = (
    ("record_id", pa.string()),
    ("enterprise_id", pa.string()),
    ("event_on", pa.date32()),
    ("known_at", pa.timestamp("us")),
    ("source", pa.string()),
    ("producer", pa.string()),
    ("provider", pa.string()),
    ("import_id", pa.string()),
    ("row_no", pa.int64()),
    # Of a version made by hand: whether it takes the record back, who decided that, and why.
    ("is_withdrawn", pa.bool_()),
    ("corrected_by", pa.string()),
    ("correction_reason", pa.string()),
)
# Written by the archive: when a newer version of the same record became known (null: never).
SUPERSEDED_AT = "superseded_at"
# Also written by the archive: see features/archive/numbers.py.
ENTERPRISE_NO = "enterprise_no"
SEQUENCE = "sequence"
_ARCHIVED = (
    (SUPERSEDED_AT, pa.timestamp("us")),
    (ENTERPRISE_NO, pa.int64()),
    (SEQUENCE, pa.int32()),
)
# Between the codes of a list.
LIST_SEPARATOR = ";"
ENTERPRISE, PLACE = "enterprise", "place"


@dataclass(frozen=True)
class Field:
    """One field of a record kind; `codes` or `table` close the list of a code.

    Of a list (`is_list`) the value is several codes joined by :data:`LIST_SEPARATOR`.
    """

    name: str
    type: str
    zh: str
    en: str
    public: bool
    required: bool = False
    personal: bool = False
    codes: tuple[str, ...] = ()
    table: str | None = None
    is_list: bool = False

    @property
    def arrow_type(self) -> Any:
        """How the archive stores it: money as decimal(18, 2), days as date32."""
        return _ARROW_TYPES[self.type]


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: its section, what identifies it, and its fields in order.

    `belongs_to` is ``enterprise`` or ``place`` (a map cell).
    """

    name: str
    zh: str
    en: str
    section: str
    event_zh: str
    event_en: str
    reference: str
    key: tuple[str, ...]
    belongs_to: str = ENTERPRISE
    fields: Mapping[str, Field] = field(default_factory=dict)


@cache
def record_kinds() -> Mapping[str, RecordKind]:
    """All record kinds by name, in the order of the catalogue."""
    text = (CATALOG_FOLDER / "record_kinds.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    kinds = {name: _kind(name, entry) for name, entry in data.items()}
    return MappingProxyType(kinds)


@cache
def arrow_schema(kind: str) -> Any:
    """Columns of the archive's table of `kind`: common ones, those it adds itself, fields."""
    return pa.schema([*_COMMON, *_ARCHIVED, *_field_columns(kind)])


@cache
def record_schema(kind: str) -> Any:
    """Columns of an import's file of `kind`; only the archive knows what was superseded."""
    return pa.schema([*_COMMON, *_field_columns(kind)])


@cache
def schema_digest() -> str:
    """SHA-256 of what an archive's files depend on: kinds, their keys, columns and types.

    Another order of kinds or fields, and other labels or codes, leave it as it is.
    """
    kinds = {
        name: [list(kind.key), sorted((item.name, str(item.type)) for item in arrow_schema(name))]
        for name, kind in record_kinds().items()
    }
    return sha256(json.dumps(kinds, sort_keys=True).encode("utf-8")).hexdigest()


@cache
def allowed_codes(kind: str, field_name: str) -> frozenset[str]:
    """Every code that a field may hold; empty where the field is not a closed list."""
    described = record_kinds()[kind].fields[field_name]
    if described.table is not None:
        return frozenset(law.codes(described.table))
    return frozenset(described.codes)


def _field_columns(kind: str) -> list[tuple[str, Any]]:
    return [(item.name, item.arrow_type) for item in record_kinds()[kind].fields.values()]


def _kind(name: str, entry: dict[str, Any]) -> RecordKind:
    return RecordKind(
        name=name,
        zh=entry["zh"],
        en=entry["en"],
        section=entry["section"],
        event_zh=entry["event"]["zh"],
        event_en=entry["event"]["en"],
        reference=entry["reference"],
        key=tuple(entry["key"]),
        belongs_to=entry.get("belongs_to", ENTERPRISE),
        fields=MappingProxyType(
            {key: _field(key, value) for key, value in entry["fields"].items()}
        ),
    )


def _field(name: str, entry: dict[str, Any]) -> Field:
    told = {key: value for key, value in entry.items() if key != "list"}
    codes = tuple(str(code) for code in entry.get("codes", ()))
    return Field(name=name, is_list=entry.get("list", False), **{**told, "codes": codes})
