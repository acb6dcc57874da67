"""Who gets in: keys, scopes, sign-ins, forms; and that every route says who may use it."""

from datetime import timedelta

import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.routing import Mount

from service.errors import KeyEndedError, KeyRefusedError, UnknownKeyError
from service.security import keys
from service.security.permissions import Public, Requires, SignedIn
from service.security.scopes import Scope
from tests.service.office import ACME, Office, grade_row

# Everything that can be asked for, and who may: a scope, the console, or anybody.
PERMISSIONS: dict[tuple[str, str], Scope | str] = {
    ("GET", "/healthz"): "public",
    ("GET", "/readyz"): "public",
    ("POST", "/v1/credit-checks"): Scope.CREDIT_CHECKS_WRITE,
    ("GET", "/v1/credit-checks/{check_id}"): Scope.CREDIT_CHECKS_READ,
    ("GET", "/v1/enterprises/{uscc}/grade"): Scope.GRADES_READ,
    ("POST", "/v1/enterprises/{uscc}/regrades"): Scope.GRADES_WRITE,
    ("GET", "/v1/campaigns/{round_id}/list"): Scope.CAMPAIGNS_READ,
    ("GET", "/login"): "public",
    ("POST", "/login"): "public",
    ("POST", "/logout"): "console",
    ("GET", "/"): "console",
    ("GET", "/enterprises"): "console",
    ("GET", "/enterprises/export.csv"): "console",
    ("GET", "/enterprises/export.xlsx"): "console",
    ("GET", "/enterprises/{enterprise_id}"): "console",
    ("GET", "/runs"): "console",
    ("GET", "/overrides"): "console",
    ("POST", "/overrides"): "console",
    ("POST", "/overrides/{override_id}/{act}"): "console",
    ("GET", "/enterprises/{enterprise_id}/advice"): "console",
    ("GET", "/measures"): "console",
    ("GET", "/measures/key-supervision"): "console",
    ("POST", "/measures/key-supervision"): "console",
    ("GET", "/measures/key-supervision/of/{enterprise_id}"): "console",
    ("GET", "/measures/key-supervision/notices/{notice_no}"): "console",
    ("GET", "/measures/health"): "console",
    ("GET", "/measures/export.xlsx"): "console",
    ("GET", "/measures/health.xlsx"): "console",
    ("GET", "/measures/key-supervision.xlsx"): "console",
    ("GET", "/rules"): "console",
    ("POST", "/rules"): "console",
    ("GET", "/rules/{version}"): "console",
    ("GET", "/rules/{version}/simulation.xlsx"): "console",
    ("POST", "/rules/{version}/{act}"): "console",
    ("GET", "/visits"): "console",
    ("GET", "/visits/{round_id}"): "console",
    ("POST", "/visits/{round_id}/publish"): "console",
    ("GET", "/visits/{round_id}/at/{enterprise_id}"): "console",
    ("POST", "/visits/{round_id}/at/{enterprise_id}"): "console",
    ("POST", "/visits/{round_id}/at/{enterprise_id}/follow-up"): "console",
}
# The framework's own: the API's description and its page hold nothing but the description.
DOCUMENTATION = {"/openapi.json", "/docs", "/docs/oauth2-redirect"}
FILES = {"/static", "/static-offline-docs"}


def declared(app: FastAPI) -> dict[tuple[str, str], Scope | str]:
    """Every route of an app with the permission that it declares."""
    found: dict[tuple[str, str], Scope | str] = {}
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            assert route.path in FILES
            continue
        if route.path in DOCUMENTATION:
            continue
        assert isinstance(route.original_route, APIRoute), route.path
        calls = [each.call for each in route.dependant.dependencies]
        marks = [mark for mark in calls if isinstance(mark, Requires | SignedIn | Public)]
        assert len(marks) == 1, f"{route.path} must declare one permission, it has {marks}"
        (mark,) = marks
        who = mark.scope if isinstance(mark, Requires) else None
        who = who or ("console" if isinstance(mark, SignedIn) else "public")
        for method in route.methods or ():
            found[method, str(route.path)] = who
    return found


def test_every_route_declares_the_permission_of_the_table(office: Office) -> None:
    assert declared(office.app) == PERMISSIONS


def test_a_route_without_a_permission_is_noticed(office: Office) -> None:
    office.app.add_api_route("/forgotten", lambda: "data", dependencies=[Depends(lambda: None)])
    with pytest.raises(AssertionError, match="forgotten"):
        declared(office.app)


API = [(place, who) for place, who in PERMISSIONS.items() if isinstance(who, Scope)]


@pytest.mark.parametrize(("place", "scope"), API, ids=[place[1] for place, _ in API])
def test_a_route_opens_to_its_own_scope_alone(
    office: Office, place: tuple[str, str], scope: Scope
) -> None:
    method, path = place
    path = path.format(check_id="cc_1", uscc=ACME, round_id="r1")

    def ask(**headers: str) -> tuple[int, str]:
        answer = office.client.request(method, path, headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    assert ask() == (401, "missing-api-key")
    assert ask(**{"X-API-Key": "xh_000000000000_" + "a" * 43}) == (401, "unknown-api-key")
    assert ask(**{"X-API-Key": "nonsense"}) == (401, "unknown-api-key")
    for other in set(Scope) - {scope}:
        assert ask(**office.key(other)) == (403, "missing-scope")
    assert ask(**office.key(scope))[0] in {404, 422}, "past the door, into the rules of the route"


@pytest.mark.parametrize(
    ("method", "path"), [place for place, who in PERMISSIONS.items() if who == "console"]
)
def test_the_console_asks_to_sign_in(office: Office, method: str, path: str) -> None:
    path = path.format(
        enterprise_id=ACME,
        override_id="T00001",
        version="R001",
        act="approve",
        round_id="r1",
        notice_no="ZDJG-2026-0001",
    )
    browser = TestClient(office.app, follow_redirects=False)
    page = browser.request(method, path, headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"].startswith("/login?next=")
    program = browser.request(method, path, headers=office.key(Scope.CONSOLE))
    assert program.status_code == 401, "an API key is no sign-in"


def test_an_answer_of_401_says_how_to_get_in(office: Office) -> None:
    answer = office.client.get("/v1/enterprises/x/grade", headers={"Accept-Language": "en"})
    assert answer.headers["www-authenticate"].startswith("ApiKey")
    assert answer.headers["content-language"] == "en"
    assert "xinheng key create" in answer.json()["detail"]


# --- keys ---


def test_a_secret_is_kept_nowhere(office: Office) -> None:
    whole = office.key(Scope.GRADES_READ)["X-API-Key"]
    secret = whole.split("_", 2)[2]
    with office.database.reading() as session:
        rows = session.execute(text("SELECT * FROM api_key")).all()
    assert secret not in repr(rows)


def test_a_key_expires_and_can_be_revoked(office: Office) -> None:
    with office.database.writing() as session:
        _, short = keys.create_key(session, "a", scopes=[Scope.CONSOLE], days=1, now=office.clock())
        second, revoked = keys.create_key(
            session, "a", scopes=[Scope.CONSOLE], days=9, now=office.clock()
        )
        keys.revoke_key(session, second.key_id, now=office.clock())
        with pytest.raises(KeyRefusedError, match="吊销"):
            keys.revoke_key(session, second.key_id, now=office.clock())
    with office.database.reading() as session:
        assert keys.find_key(session, short, now=office.clock()).name == "a"
        with pytest.raises(KeyEndedError, match="revoked"):
            keys.find_key(session, revoked, now=office.clock())
        later = office.clock() + timedelta(days=1)
        with pytest.raises(KeyEndedError, match="out of date"):
            keys.find_key(session, short, now=later)
        forged = short[:-1] + ("A" if short[-1] != "A" else "B")
        with pytest.raises(UnknownKeyError):
            keys.find_key(session, forged, now=office.clock())


def test_two_active_keys_for_a_change_over_and_no_third(office: Office) -> None:
    with office.database.writing() as session:
        made = [
            keys.create_key(session, "caller", scopes=[Scope.CONSOLE], days=9, now=office.clock())
            for _ in range(2)
        ]
        with pytest.raises(KeyRefusedError, match="2"):
            keys.create_key(session, "caller", scopes=[Scope.CONSOLE], days=9, now=office.clock())
        keys.revoke_key(session, made[0][0].key_id, now=office.clock())
        keys.create_key(session, "caller", scopes=[Scope.CONSOLE], days=9, now=office.clock())


# --- signing in ---


def test_sign_in_and_out(office: Office) -> None:
    browser = office.sign_in()
    cookie = browser.cookies.get("xinheng_session")
    page = browser.get("/")
    assert page.status_code == 200
    token = page.text.split('name="token" value="')[1].split('"')[0]
    assert browser.post("/logout", data={"token": "x"}).status_code == 403
    assert browser.post("/logout", data={"token": token}).status_code == 303
    browser.cookies.set("xinheng_session", cookie or "")
    assert browser.get("/").status_code == 401, "the session is over on the server too"


def test_the_session_cookie_is_guarded(office: Office) -> None:
    browser = TestClient(office.app, follow_redirects=False)
    page = browser.get("/login")
    token = page.text.split('name="token" value="')[1].split('"')[0]
    key = office.key(Scope.CONSOLE)["X-API-Key"]
    answer = browser.post("/login", data={"key": key, "token": token})
    cookie = next(
        value
        for name, value in answer.headers.multi_items()
        if name == "set-cookie" and value.startswith("xinheng_session")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    with office.database.reading() as session:
        rows = session.execute(text("SELECT * FROM console_session")).all()
    assert cookie.split("=")[1].split(".")[0] not in repr(rows)


@pytest.mark.parametrize("forged", ["", "abc", "abc.def", ".", "é.é", "x" * 5000])
def test_a_forged_cookie_is_no_sign_in(office: Office, forged: str) -> None:
    browser = TestClient(office.app, follow_redirects=False)
    header = {"Cookie": b"xinheng_session=" + forged.encode()}
    assert browser.get("/", headers=header).status_code == 401  # type: ignore[arg-type]


def test_a_changed_cookie_is_no_sign_in(office: Office) -> None:
    browser = office.sign_in()
    whole = str(browser.cookies.get("xinheng_session"))
    token, signature = whole.split(".")
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    browser.cookies.clear()
    answer = browser.get("/", headers={"Cookie": f"xinheng_session={other}.{signature}"})
    assert answer.status_code == 401


def test_a_sign_in_ends_with_time_and_with_its_key(office: Office) -> None:
    browser = office.sign_in()
    office.clock.forward(hours=7, minutes=59)
    assert browser.get("/").status_code == 200
    office.clock.forward(minutes=1)
    assert browser.get("/").status_code == 401
    browser = office.sign_in()
    key_id = office.key(Scope.CONSOLE)["X-API-Key"].split("_")[1]
    with office.database.writing() as session:
        keys.revoke_key(session, key_id, now=office.clock())
    assert browser.get("/").status_code == 401


def test_a_form_of_another_site_is_refused(office: Office) -> None:
    key = office.key(Scope.CONSOLE)["X-API-Key"]
    browser = TestClient(office.app, follow_redirects=False)
    assert browser.post("/login", data={"key": key}).status_code == 403
    page = browser.get("/login").text
    token = page.split('name="token" value="')[1].split('"')[0]
    stranger = TestClient(office.app, follow_redirects=False)
    assert stranger.post("/login", data={"key": key, "token": token}).status_code == 403
    assert browser.post("/login", data={"key": key, "token": token}).status_code == 303


def test_a_wrong_key_is_told_on_the_form(office: Office) -> None:
    browser = TestClient(office.app, follow_redirects=False)
    page = browser.get("/login?next=/enterprises").text
    token = page.split('name="token" value="')[1].split('"')[0]
    no_console = office.key(Scope.GRADES_READ)["X-API-Key"]
    for key, status in (("nonsense", 401), (no_console, 403), ("\x00", 401)):
        answer = browser.post("/login", data={"key": key, "token": token, "next": "/enterprises"})
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
        assert 'value="/enterprises"' in answer.text
        token = answer.text.split('name="token" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    "target", ["https://example.org", "//example.org", "/\\example.org", "/a\\..\\b", "x", "/\n/x"]
)
def test_sign_in_leads_to_no_other_host(office: Office, target: str) -> None:
    browser = TestClient(office.app, follow_redirects=False)
    page = browser.get("/login").text
    token = page.split('name="token" value="')[1].split('"')[0]
    key = office.key(Scope.CONSOLE)["X-API-Key"]
    answer = browser.post("/login", data={"key": key, "token": token, "next": target})
    assert answer.headers["location"] == "/"


# --- what goes out ---


def test_no_page_may_load_or_frame_anything_foreign(office: Office) -> None:
    office.publish([grade_row(ACME)])
    browser = office.sign_in()
    for path in ("/", "/enterprises", f"/enterprises/{ACME}", "/login", "/docs"):
        policy = browser.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_the_documentation_page_names_no_other_host(office: Office) -> None:
    page = office.client.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for path in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/static-offline-docs/{path}" in page
        assert office.client.get(f"/static-offline-docs/{path}").status_code == 200
