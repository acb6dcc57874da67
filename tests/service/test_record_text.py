"""Records as a person reads them: every code has a Chinese label."""

from datetime import date
from decimal import Decimal

import pytest

from features.catalogue import Field, allowed_codes, record_kinds
from service.console.words import field_text
from service.enterprises.record_text import changed_text, content_text

CODED = [
    (kind.name, field)
    for kind in record_kinds().values()
    for field in kind.fields.values()
    if field.type == "code" or field.is_list
]


@pytest.mark.parametrize(("kind", "field"), CODED, ids=lambda part: getattr(part, "name", part))
def test_every_code_of_every_field_is_told_in_chinese(kind: str, field: Field) -> None:
    plain = [c for c in sorted(allowed_codes(kind, field.name)) if field_text(field, c).isascii()]
    assert plain == []


def test_a_list_is_told_item_by_item() -> None:
    field = record_kinds()["penalty"].fields["penalty_kinds"]
    assert field_text(field, "warning;fine") == "警告、罚款"


def test_a_code_is_told_by_its_field() -> None:
    recall, commitment = (record_kinds()[kind].fields for kind in ("recall", "commitment"))
    assert field_text(recall["recall_kind"], "voluntary") == "主动召回"
    assert field_text(commitment["commitment_kind"], "voluntary") == "主动公示"
    assert field_text(record_kinds()["sampling_test"].fields["test_kind"], "food") == "食品"


def test_content_leaves_out_what_is_empty_or_personal() -> None:
    row = {"status": "active", "name": "甲", "address": "", "legal_representative_key": "ab12"}
    assert content_text("registration", row) == "登记状态=在营；名称=甲"


def test_changes_are_told_before_and_after() -> None:
    changed = {
        "event_on": (date(2024, 1, 5), date(2024, 1, 4)),
        "fine_cny": (None, Decimal("20000.00")),
        "matter": ("food", "advertising"),
    }
    assert changed_text("penalty", changed) == (
        "处罚决定日期：2024-01-05 → 2024-01-04；罚款金额（元）：（空） → 20,000.00；"
        "违法领域：食品安全 → 广告"
    )
