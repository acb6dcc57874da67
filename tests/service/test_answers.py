"""Settings, languages, problem documents, health, and the API's description."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from law.errors import LawError, NoValueError
from service.answers import ANSWERS, answer_for
from service.app import create_app
from service.errors import SettingsError
from service.health.endpoints import get_health
from service.installation import initialise
from service.languages import chosen_language
from service.security.permissions import Public
from service.settings import Settings, get_settings
from tests.service.office import ACME, Office

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("en", "en"),
        ("EN-gb, fr;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("zh-CN, en;q=0.9", "zh"),
        ("en;q=0.4, zh;q=0.5", "zh"),
        ("zh;q=0, en;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc", "zh"),
        ("de", "zh"),
    ],
)
def test_chinese_unless_english_is_preferred(header: str | None, language: str) -> None:
    assert chosen_language(header) == language


# --- settings ---


def test_settings_come_from_the_environment_and_are_frozen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(tmp_path))
    monkeypatch.setenv("XINHENG_REGION", "441900")
    settings = get_settings()
    assert (settings.home, settings.region) == (tmp_path, "441900")
    assert settings.resolved_database_url == f"sqlite:///{tmp_path / 'xinheng.db'}"
    with pytest.raises(ValueError):
        settings.region = "440500"  # type: ignore[misc]


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"REGION": "汕头", "PORT": "80000", "MEMORY_LIMIT": "lots"}.items():
        monkeypatch.setenv(f"XINHENG_{name}", value)
    with pytest.raises(SettingsError) as caught:
        get_settings()
    for name in ("XINHENG_REGION", "XINHENG_PORT", "XINHENG_MEMORY_LIMIT"):
        assert name in caught.value.zh
        assert name in caught.value.en


def test_initialising_again_replaces_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert settings.person_key_path in initialise(settings).made
    key = settings.person_key_path.read_bytes()
    assert len(key) == 32
    assert stat.S_IMODE(settings.person_key_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.keys_dir.stat().st_mode) == 0o700
    again = initialise(settings)
    assert again.made == []
    assert settings.person_key_path.read_bytes() == key


# --- problem documents ---


def test_every_code_of_the_table_is_used_once() -> None:
    codes = [answer.code for answer in ANSWERS.values()]
    assert len(codes) == len(set(codes))
    assert all(400 <= answer.status < 600 for answer in ANSWERS.values())


def test_the_nearest_class_decides() -> None:
    assert answer_for(NoValueError("", "")).code == ANSWERS[LawError].code
    assert answer_for(KeyError("x")).status == 500


def problem_of(app: FastAPI, path: str, **headers: str) -> dict[str, object]:
    """The problem document that a path answers."""
    answer = TestClient(app, raise_server_exceptions=False).get(path, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "Accept-Language"
    body: dict[str, object] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:xinheng:problem:{body['code']}"
    assert body["instance"] == path
    return body


def test_what_the_framework_answers_has_the_same_form(office: Office) -> None:
    assert problem_of(office.app, "/v1/nowhere")["code"] == "not-found"
    assert problem_of(office.app, "/v1/credit-checks")["code"] == "method-not-allowed"
    english = problem_of(office.app, "/v1/nowhere", **{"Accept-Language": "en"})
    assert english["title"] == "No such address"


def test_an_unexpected_error_tells_nothing_of_the_inside(office: Office) -> None:
    def broken() -> None:
        raise RuntimeError("secret inside")

    office.app.add_api_route("/v1/broken", broken)
    body = problem_of(office.app, "/v1/broken")
    assert (body["status"], body["code"]) == (500, "unexpected")
    assert "secret" not in json.dumps(body)


def test_a_database_out_of_reach_is_503(office: Office) -> None:
    from sqlalchemy import text

    with office.database.writing() as session:
        session.execute(text("ALTER TABLE api_key RENAME TO api_key_gone"))
    answer = office.client.get(
        f"/v1/enterprises/{ACME}/grade", headers={"X-API-Key": "xh_000000000000_" + "a" * 43}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
    assert int(answer.headers["retry-after"]) > 0


# --- health ---


def test_health_and_readiness(office: Office) -> None:
    assert office.client.get("/healthz").json() == {"status": "ok"}
    without_lists = office.client.get("/readyz")
    assert without_lists.status_code == 200
    assert {check["name"]: check["ok"] for check in without_lists.json()["checks"]} == {
        "database": True,
        "secrets": True,
        "lists": False,
    }
    office.load_lists(loaded_at=office.clock() - timedelta(hours=1))
    assert all(check["ok"] for check in office.client.get("/readyz").json()["checks"])


def test_not_ready_without_schema_or_secrets(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path / "nowhere"))
    client = TestClient(app)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    texts = {check["name"]: check["en"] for check in answer.json()["checks"]}
    assert "xinheng migrate" in texts["database"]
    assert "xinheng init" in texts["secrets"]
    assert client.get("/healthz").json() == get_health().model_dump()
    assert not (tmp_path / "nowhere").exists()


# --- the API's description ---


def test_the_committed_description_is_the_one_of_the_code(office: Office) -> None:
    """`make openapi` writes it anew; a difference here is a change that callers will meet."""
    assert json.loads(OPENAPI.read_text(encoding="utf-8")) == office.app.openapi()


def test_the_description_shows_no_console_and_names_every_failure(office: Office) -> None:
    paths = office.app.openapi()["paths"]
    assert all(path.startswith("/v1/") or path in {"/healthz", "/readyz"} for path in paths)
    for path, methods in paths.items():
        for operation in methods.values():
            if path.startswith("/v1/"):
                assert operation["security"] == [{"APIKeyHeader": []}]
                assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_a_public_route_says_why() -> None:
    assert Public("because").reason == "because"
