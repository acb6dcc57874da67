"""Credit checks over HTTP, from the database as it stands."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from service.credit_checks.operations import verify_chain
from service.credit_checks.receipts import canonical
from service.db.connection import Database
from service.db.tables import listing
from service.security.scopes import Scope
from tests.service.office import ACME, NOW, OTHER, TRADER, UNKNOWN, Office

CHANGE = {"enterprise": ACME, "application_kind": "change", "change_items": ["name"]}
RESIDENT_ID = "11010519491231002X"  # the example of GB 11643


@pytest.fixture
def ready(office: Office) -> Office:
    """An office whose lists are loaded and that knows one company."""
    office.load_lists()
    office.register()
    return office


def decide(office: Office, **changes: Any) -> dict[str, Any]:
    """Check a change of ACME's registration and return the receipt."""
    answer = office.check({**CHANGE, **changes})
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def test_allow(ready: Office) -> None:
    receipt = decide(ready, business_ref="登记 2026-001")
    assert receipt["decision"] == "allow"
    assert receipt["subject_status"]["status"] == "active"
    assert receipt["as_of"] == "2026-11-22"
    assert receipt["hits"] == receipt["grounds"] == receipt["must_also_apply_for"] == []
    assert receipt["business_ref"] == "登记 2026-001"
    assert receipt["expires_at"] == "2026-11-22T03:00:00Z"


def test_listed_as_unreachable_must_also_change_the_address(ready: Office) -> None:
    ready.list()
    receipt = decide(ready)
    assert receipt["decision"] == "manual_review"
    assert receipt["must_also_apply_for"] == ["address"]
    (hit,) = receipt["hits"]
    assert hit["list"]["zh"] == "经营异常名录"
    assert hit["reason_code"] == "4"
    assert hit["reason"]["zh"] == "通过登记的住所或者经营场所无法联系"
    assert hit["decision_no"] == "汕市监异列字〔2021〕1号"
    assert (hit["listed_on"], hit["removed_on"]) == ("2021-03-01", None)
    assert (hit["blocking"], hit["cured_by"]) == (True, ["address"])
    (ground,) = receipt["grounds"]
    assert ground["article"] == "第二十条第二款"
    assert (ground["effective_from"], ground["effective_to"]) == ("2022-03-01", None)
    assert ground["status"] == "confirmed"


def test_the_cure_is_never_refused(ready: Office) -> None:
    ready.list()
    assert decide(ready, change_items=["address"])["decision"] == "allow"
    under_plan = decide(ready, change_items=["address"], as_of="2021-12-01")
    assert under_plan["decision"] == "allow"


def test_the_plan_of_2021_refused(ready: Office) -> None:
    ready.list()
    receipt = decide(ready, as_of="2021-12-01")
    assert receipt["decision"] == "refuse"
    assert "汕头市" in receipt["grounds"][0]["act"]
    assert receipt["grounds"][0]["region"] == "440500"
    assert receipt["grounds"][0]["effective_to"] == "2022-02-28"


def test_a_marked_sole_trader(ready: Office) -> None:
    ready.register(TRADER, entity_type="individual_business")
    ready.list(TRADER, list_name="marked_state")
    receipt = decide(ready, enterprise=TRADER)
    assert receipt["decision"] == "manual_review"
    assert receipt["grounds"][0]["status"] == "unconfirmed"
    assert any("待法制审核" in notice["zh"] for notice in receipt["notice"])


def test_an_unknown_enterprise_is_for_an_officer_unless_it_is_being_established(
    ready: Office,
) -> None:
    receipt = decide(ready, enterprise=UNKNOWN)
    assert receipt["decision"] == "manual_review"
    assert receipt["subject_status"] == {
        "enterprise_id": UNKNOWN,
        "is_known": False,
        "status": None,
        "name": None,
        "entity_type": None,
    }
    assert "没有该统一社会信用代码" in receipt["notice"][0]["zh"]
    head = {"name": "张三", "id_number": RESIDENT_ID}
    establishment = {"application_kind": "establishment", "legal_representative": head}
    answer = ready.check(establishment)
    assert answer.json()["decision"] == "allow"


@pytest.mark.parametrize(
    ("removed_on", "as_of", "decision"),
    [
        (date(2026, 11, 22), "2026-11-22", "allow"),
        (date(2026, 11, 22), "2026-11-21", "manual_review"),
        (None, "2021-02-28", "allow"),
    ],
)
def test_in_force_from_the_day_of_listing_until_the_day_of_removal(
    ready: Office, removed_on: date | None, as_of: str, decision: str
) -> None:
    ready.list(removed_on=removed_on)
    found = decide(ready, as_of=as_of, change_items=["name"])["decision"]
    assert found == ("allow" if as_of < "2021-03-01" else decision)


def test_known_at_answers_as_the_system_knew_then(ready: Office) -> None:
    removal_known = datetime(2026, 6, 10)
    ready.list(superseded_at=removal_known)
    ready.list(known_at=removal_known, removed_on=date(2026, 6, 1))
    day = {"as_of": "2026-06-05"}
    assert decide(ready, **day)["decision"] == "allow"
    before = decide(ready, **day, known_at="2026-06-09T23:59:59Z")
    assert before["decision"] == "manual_review", "the removal had not become known"
    at_that_instant = decide(ready, **day, known_at="2026-06-10T08:00:00+08:00")
    assert at_that_instant["decision"] == "allow"
    nobody_knew = decide(ready, **day, known_at="2021-03-01T00:00:00+08:00")
    assert nobody_knew["decision"] == "allow"


@pytest.mark.parametrize(
    ("field", "value"), [("as_of", "2026-11-23"), ("known_at", "2026-11-22T02:00:01Z")]
)
def test_the_future_is_422(ready: Office, field: str, value: str) -> None:
    answer = ready.check({**CHANGE, field: value})
    assert answer.status_code == 422
    assert answer.json()["code"] == "in-the-future"
    assert answer.json()["errors"][0]["pointer"] == f"#/{field}"


def test_today_is_the_day_in_china(ready: Office) -> None:
    ready.clock.now = datetime(2026, 11, 22, 16, 0)  # midnight in China
    ready.load_lists()
    assert decide(ready)["as_of"] == "2026-11-23"
    assert ready.check({**CHANGE, "as_of": "2026-11-24"}).status_code == 422


def test_lists_that_were_never_loaded_are_503(office: Office) -> None:
    answer = office.check(CHANGE)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "refresh-lists" in answer.json()["detail"]


def test_lists_that_are_too_old_are_503(ready: Office) -> None:
    ready.clock.forward(hours=23, minutes=59)
    assert decide(ready)["expires_at"] == "2026-11-23T02:00:00Z", "no longer than the lists"
    ready.clock.forward(minutes=1)
    answer = ready.check(CHANGE)
    assert answer.status_code == 503
    assert answer.json()["code"] == "lists-unusable"


def test_a_change_of_another_connection_counts_at_once(ready: Office) -> None:
    assert decide(ready)["decision"] == "allow"
    url = ready.settings.resolved_database_url
    other = Database(url)
    with other.writing() as session:
        session.execute(
            insert(listing).values(
                enterprise_id=ACME,
                list_name="abnormal_operations_list",
                decision_no="x",
                ground_code="4",
                known_at=NOW,
                listed_on=date(2026, 11, 22),
                source="test",
            )
        )
    other.close()
    assert decide(ready, business_ref="after")["decision"] == "manual_review"


# --- persons ---


def keyed(office: Office, *parts: str) -> str:
    """The hash that intake stores for a person, written out independently of it."""
    key = office.settings.person_key_path.read_bytes()
    return hmac.digest(key, "\x01".join(parts).encode(), "sha256").hex()[:32]


@pytest.mark.parametrize("parts", [(RESIDENT_ID,), ("张三", RESIDENT_ID), (RESIDENT_ID, "张三")])
def test_a_head_of_a_revoked_enterprise_goes_to_an_officer(
    ready: Office, parts: tuple[str, ...]
) -> None:
    head = keyed(ready, *parts)
    ready.register(OTHER, name="乙公司", legal_representative_key=head)
    ready.register(
        OTHER, name="乙公司", event="revocation", status="revoked", event_on=date(2025, 5, 1)
    )
    asked = {
        "change_items": ["legal_representative"],
        "legal_representative": {"name": "张三", "id_number": RESIDENT_ID.lower()},
    }
    receipt = decide(ready, **asked)
    assert receipt["decision"] == "manual_review"
    (hit,) = receipt["hits"]
    assert (hit["subject"], hit["kind"], hit["enterprise_id"]) == (
        "person",
        "licence_revoked",
        OTHER,
    )
    assert hit["counted_from"] == "2025-05-01"
    assert {"第十二条第四项", "第一百七十八条第一款第四项"} <= {
        ground["article"] for ground in receipt["grounds"]
    }


def test_a_head_who_had_left_before_the_revocation_is_free(ready: Office) -> None:
    head = keyed(ready, RESIDENT_ID)
    ready.register(OTHER, legal_representative_key=head)
    ready.register(
        OTHER, event="change", event_on=date(2024, 1, 1), legal_representative_key="somebody else"
    )
    ready.register(OTHER, event="revocation", status="revoked", event_on=date(2025, 5, 1))
    person = {"name": "张三", "id_number": RESIDENT_ID}
    asked = {"change_items": ["legal_representative"], "legal_representative": person}
    assert decide(ready, **asked)["decision"] == "allow"


def test_the_head_of_a_seriously_listed_enterprise(ready: Office) -> None:
    ready.register(OTHER, legal_representative_key=keyed(ready, RESIDENT_ID))
    ready.list(
        OTHER, list_name="serious_violation_list", ground_code="food", listed_on=date(2025, 1, 1)
    )
    person = {"name": "张三", "id_number": RESIDENT_ID}
    asked = {"change_items": ["legal_representative"], "legal_representative": person}
    receipt = decide(ready, **asked)
    assert receipt["decision"] == "manual_review"
    assert receipt["hits"][0]["kind"] == "serious_listing"


def test_a_head_who_had_left_before_the_listing_is_free(ready: Office) -> None:
    ready.register(OTHER, legal_representative_key=keyed(ready, RESIDENT_ID))
    ready.register(
        OTHER, event="change", event_on=date(2024, 1, 1), legal_representative_key="somebody else"
    )
    ready.list(OTHER, list_name="serious_violation_list", listed_on=date(2025, 1, 1))
    person = {"name": "张三", "id_number": RESIDENT_ID}
    asked = {"change_items": ["legal_representative"], "legal_representative": person}
    assert decide(ready, **asked)["decision"] == "allow"


def test_a_name_without_a_number_goes_to_an_officer(ready: Office) -> None:
    asked = {"change_items": ["legal_representative"], "legal_representative": {"name": "张三"}}
    receipt = decide(ready, **asked)
    assert receipt["decision"] == "manual_review"
    assert "仅凭姓名" in receipt["notice"][0]["zh"]


def test_no_identity_number_is_stored_or_answered(ready: Office) -> None:
    person = {"name": "张三三", "id_number": RESIDENT_ID}
    asked = {"change_items": ["legal_representative"], "legal_representative": person}
    answer = ready.check({**CHANGE, **asked})
    mistyped = {**person, "id_number": "110105194912310021"}
    refused = ready.check({**CHANGE, **asked, "legal_representative": mistyped})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/legal_representative/id_number"
    with ready.database.reading() as session:
        rows = session.execute(text("SELECT * FROM credit_check")).all()
    stored = repr(rows)
    for secret in (RESIDENT_ID, "110105194912310021", "张三三"):
        assert secret not in answer.text + refused.text + stored


# --- receipts ---


def test_a_receipt_can_be_fetched_again_byte_for_byte(ready: Office) -> None:
    answer = ready.check(CHANGE)
    path = f"/v1/credit-checks/{answer.json()['check_id']}"
    again = ready.client.get(path, headers=ready.key(Scope.CREDIT_CHECKS_READ))
    assert again.content == answer.content
    missing = ready.client.get(
        "/v1/credit-checks/cc_000000000000000000000000",
        headers=ready.key(Scope.CREDIT_CHECKS_READ),
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown-credit-check")


def test_receipts_form_a_chain_that_anybody_can_check(ready: Office) -> None:
    previous = "0" * 64
    for number in range(1, 4):
        receipt = decide(ready, business_ref=str(number))
        link = receipt.pop("hash")
        assert receipt["seq"] == number
        assert receipt["prev_hash"] == previous
        plain = json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(plain.encode()).hexdigest() == link
        previous = link
    with ready.database.reading() as session:
        assert verify_chain(session) == (3, [])


@pytest.mark.parametrize(
    "statement",
    ["UPDATE credit_check SET decision = 'allow' WHERE seq = 1", "DELETE FROM credit_check"],
)
def test_the_database_refuses_to_change_a_receipt(ready: Office, statement: str) -> None:
    decide(ready)
    with pytest.raises(DBAPIError, match="immutable"), ready.database.writing() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE credit_check SET body = replace(body, '\"allow\"', '\"refuse\"') WHERE seq = 2",
        "UPDATE credit_check SET decision = 'refuse' WHERE seq = 2",
        "DELETE FROM credit_check WHERE seq = 2",
        "DELETE FROM credit_check WHERE seq = 3",
    ],
)
def test_tampering_beside_the_guards_is_found(ready: Office, tampering: str) -> None:
    for number in range(3):
        decide(ready, business_ref=str(number))
    sqlite = ready.database.is_sqlite
    names = ("update", "delete") if sqlite else ("guard",)
    with ready.database.writing() as session:
        for name in names:
            trigger = f"credit_check_no_{name}" if sqlite else "credit_check_guard"
            session.execute(text(f"DROP TRIGGER {trigger}{'' if sqlite else ' ON credit_check'}"))
        session.execute(text(tampering))
    with ready.database.reading() as session:
        _, broken = verify_chain(session)
    assert broken


def test_the_same_key_and_body_give_the_same_receipt(ready: Office) -> None:
    first = ready.check(CHANGE, Idempotency_Key="k1")
    ready.list()
    again = ready.check(CHANGE, Idempotency_Key="k1")
    assert again.content == first.content
    spelled_otherwise = dict(reversed(CHANGE.items()))
    assert ready.check(spelled_otherwise, Idempotency_Key="k1").content == first.content
    fresh = ready.check(CHANGE, Idempotency_Key="k2")
    assert fresh.json()["decision"] == "manual_review"


def test_the_same_key_for_another_body_is_409(ready: Office) -> None:
    ready.check(CHANGE, Idempotency_Key="k1")
    answer = ready.check({**CHANGE, "change_items": ["scope"]}, Idempotency_Key="k1")
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency-conflict"


def test_an_expired_answer_is_not_repeated(ready: Office) -> None:
    ready.check(CHANGE, Idempotency_Key="k1")
    ready.clock.forward(hours=1)
    answer = ready.check(CHANGE, Idempotency_Key="k1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-conflict")


def test_callers_do_not_share_idempotency_keys(ready: Office) -> None:
    first = ready.check(CHANGE, Idempotency_Key="k1").json()
    other_caller = ready.key(Scope.CREDIT_CHECKS_WRITE, Scope.GRADES_READ)
    second = ready.check(CHANGE, Idempotency_Key="k1", **other_caller).json()
    assert first["check_id"] != second["check_id"]


def test_many_checks_at_once_make_one_chain(ready: Office) -> None:
    ready.key(Scope.CREDIT_CHECKS_WRITE)

    def ask(number: int) -> int:
        body = {**CHANGE, "business_ref": str(number // 2)}
        return int(ready.check(body, Idempotency_Key=f"k{number // 2}").status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(40))) == {200}
    with ready.database.reading() as session:
        assert verify_chain(session) == (20, [])


def test_another_process_waits_for_its_turn(ready: Office) -> None:
    """A second process writes between the checks; nobody fails and nothing is lost."""
    other = Database(ready.settings.resolved_database_url)

    def relist() -> None:
        for number in range(10):
            with other.writing() as session:
                session.execute(
                    insert(listing).values(
                        enterprise_id=OTHER,
                        list_name="abnormal_operations_list",
                        decision_no=str(number),
                        known_at=NOW,
                        listed_on=date(2026, 1, 1),
                        source="test",
                    )
                )
                session.execute(update(listing).values(source="again"))

    ready.key(Scope.CREDIT_CHECKS_WRITE)
    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(relist)
        answers = [
            pool.submit(ready.check, {**CHANGE, "business_ref": str(number)})
            for number in range(20)
        ]
        writing.result()
        assert {answer.result().status_code for answer in answers} == {200}
    other.close()
    with ready.database.reading() as session:
        assert len(session.execute(select(listing)).all()) == 10


def test_the_ruleset_changes_with_the_law(ready: Office) -> None:
    today = decide(ready)["ruleset"]
    assert decide(ready, business_ref="2")["ruleset"] == today
    assert decide(ready, as_of="2021-12-01")["ruleset"] != today


# --- malformed requests ---

MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("unknown field", {**CHANGE, "decision": "allow"}, "#/decision"),
    ("no kind", {"enterprise": ACME}, "#/application_kind"),
    ("unknown kind", {**CHANGE, "application_kind": "变更"}, "#/application_kind"),
    ("unknown item", {**CHANGE, "change_items": ["name", "住所"]}, "#/change_items/1"),
    ("items as text", {**CHANGE, "change_items": "name"}, "#/change_items"),
    ("letter O", {**CHANGE, "enterprise": "9144050OMA4T000510"}, "#/enterprise"),
    ("wrong check character", {**CHANGE, "enterprise": "91440500MA4T000511"}, "#/enterprise"),
    ("code as number", {**CHANGE, "enterprise": 914405}, "#/enterprise"),
    ("impossible day", {**CHANGE, "as_of": "2021-13-45"}, "#/as_of"),
    ("packed day", {**CHANGE, "as_of": "20211012"}, "#/as_of"),
    ("day as number", {**CHANGE, "as_of": 1634000000}, "#/as_of"),
    ("instant for a day", {**CHANGE, "as_of": "2021-10-12T00:00:00Z"}, "#/as_of"),
    ("no time zone", {**CHANGE, "known_at": "2021-10-12T00:00:00"}, "#/known_at"),
    ("no items", {"enterprise": ACME, "application_kind": "change"}, "#/change_items"),
    ("no enterprise", {"application_kind": "filing"}, "#/enterprise"),
    (
        "no proposed head",
        {**CHANGE, "change_items": ["legal_representative"]},
        "#/legal_representative",
    ),
    ("control character", {**CHANGE, "business_ref": "a\x00b"}, "#/business_ref"),
    ("half a character", {**CHANGE, "business_ref": "a\ud800"}, "#/business_ref"),
    ("too long", {**CHANGE, "business_ref": "x" * 201}, "#/business_ref"),
]


@pytest.mark.parametrize(("_name", "body", "pointer"), MALFORMED, ids=[m[0] for m in MALFORMED])
def test_a_malformed_body_is_told_where_and_why(
    ready: Office, _name: str, body: dict[str, Any], pointer: str
) -> None:
    headers = ready.key(Scope.CREDIT_CHECKS_WRITE) | {
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }
    content = json.dumps(body)
    answer = ready.client.post("/v1/credit-checks", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid-request"
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    english = ready.client.post(
        "/v1/credit-checks", content=content, headers=headers | {"Accept-Language": "en"}
    )
    assert english.json()["errors"][0]["detail"].isascii()
    assert not problem["errors"][0]["detail"].isascii()


def test_all_faults_at_once(ready: Office) -> None:
    answer = ready.check({"enterprise": "x", "application_kind": "y", "as_of": "z"})
    assert len(answer.json()["errors"]) == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"NaN"])
def test_a_body_that_is_no_object(ready: Office, content: bytes) -> None:
    headers = ready.key(Scope.CREDIT_CHECKS_WRITE) | {
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }
    answer = ready.client.post("/v1/credit-checks", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_beyond_a_megabyte_is_413(ready: Office) -> None:
    answer = ready.check({**CHANGE, "business_ref": "x" * (1 << 20)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_without_an_idempotency_key_nothing_is_created(ready: Office) -> None:
    headers = ready.key(Scope.CREDIT_CHECKS_WRITE)
    answer = ready.client.post("/v1/credit-checks", json=CHANGE, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "header/Idempotency-Key"


def test_canonical_json_is_stable() -> None:
    assert canonical({"b": [1, "汉"], "a": None}) == '{"a":null,"b":[1,"汉"]}'
