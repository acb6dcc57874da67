import pyarrow as pa
import pytest

from features.catalogue import (
    SECTIONS,
    allowed_codes,
    arrow_schema,
    record_kinds,
    record_schema,
)

KINDS = sorted(record_kinds())


def test_catalogue_has_the_kinds_of_an_archive() -> None:
    assert {"registration", "licence", "penalty", "inspection", "list_entry"} <= set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_consistent(name: str) -> None:
    kind = record_kinds()[name]
    assert kind.section in SECTIONS
    assert kind.reference in kind.fields
    assert set(kind.key) <= {*kind.fields, "event_on"}
    for field in kind.fields.values():
        assert field.zh, field.name
        assert field.en, field.name
        assert not (field.personal and field.public), field.name
        if field.type == "code":
            assert allowed_codes(name, field.name), field.name


@pytest.mark.parametrize("name", KINDS)
def test_archive_knows_versions_and_an_import_does_not(name: str) -> None:
    added = ["superseded_at", "enterprise_no", "sequence"]
    assert set(added) <= set(arrow_schema(name).names)
    assert [n for n in arrow_schema(name).names if n not in added] == record_schema(name).names


def test_types_on_disk() -> None:
    penalty = arrow_schema("penalty")
    assert penalty.field("fine_cny").type == pa.decimal128(18, 2)
    assert penalty.field("known_at").type == pa.timestamp("us")
    assert penalty.field("event_on").type == pa.date32()
    assert arrow_schema("inspection").field("critical_count").type == pa.int64()
    assert arrow_schema("registration").field("latitude").type == pa.float64()


def test_codes_come_from_the_catalogue_or_from_law() -> None:
    assert allowed_codes("list_entry", "action") == {"listing", "removal"}
    assert "fine" not in allowed_codes("penalty", "matter")
    assert "food" in allowed_codes("penalty", "matter")
    assert allowed_codes("penalty", "authority") == frozenset()
