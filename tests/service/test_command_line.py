"""The commands of the service, run as a user runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from service.cli import main
from service.db.connection import Database
from service.settings import Settings
from tests.service.office import ACME

PROGRAM = [sys.executable, "-c", "from service.cli import main; main()"]
ROOT = Path(__file__).parents[2]
OPENAPI = ROOT / "docs" / "openapi.json"


class Shell:
    """Runs the command in this process, on a home of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def run(self, home: Path, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        code, out, err = self._run(home, arguments)
        assert code == 0, err
        return out

    def fail(self, home: Path, *arguments: str) -> str:
        """The English of the two lines in which a mistake ends."""
        code, _, err = self._run(home, arguments)
        chinese, english = err.strip().splitlines()
        assert (code, chinese.isascii()) == (2, False)
        return english

    def _run(self, home: Path, arguments: tuple[str, ...]) -> tuple[int, str, str]:
        self.monkeypatch.setenv("XINHENG_HOME", str(home))
        self.monkeypatch.setattr(sys, "argv", ["xinheng", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self.capsys.readouterr()
        return int(end.value.code or 0), out, err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell to type commands into."""
    return Shell(monkeypatch, capsys)


def test_from_nothing_to_a_key_and_back(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "xinheng key create" in shell.run(home, "init")
    key = shell.run(home, "key", "create", "登记系统", "--scope", "grades:read", "--days", "9")
    assert key.startswith("xh_")
    assert len(key.split()) == 1, "the key alone, ready for a script"
    key_id = key.split("_")[1]
    listed = shell.run(home, "key", "list")
    assert key_id in listed
    assert "登记系统" in listed
    assert "ended" not in listed
    shell.run(home, "key", "revoke", key_id)
    assert "ended" in shell.run(home, "key", "list")
    assert "→" in shell.run(home, "migrate")


def test_mistakes_end_in_two_lines(
    shell: Shell, fresh_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "xinheng key list" in shell.fail(fresh_home, "key", "revoke", "nothing")
    assert "xinheng init" in shell.fail(tmp_path / "nowhere", "serve")
    assert "xinheng migrate" in shell.fail(tmp_path / "nowhere", "key", "list")
    assert "xinheng archive" in shell.fail(fresh_home, "refresh-lists")
    assert "--scope console" in shell.fail(fresh_home, "key", "create", "x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f":{port}" in shell.fail(fresh_home, "serve", "--port", port)
    unwritable = tmp_path / "file"
    unwritable.write_text("")
    assert "Check path" in shell.fail(unwritable, "init")
    monkeypatch.setenv("XINHENG_PORT", "x")
    assert "XINHENG_PORT" in shell.fail(fresh_home, "serve")


def test_an_interruption_ends_cleanly(
    shell: Shell,
    fresh_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.server.get_settings", interrupt)
    monkeypatch.setattr(sys, "argv", ["xinheng", "migrate"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert "已中断" in capsys.readouterr().err


def test_receipts_are_verified(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shell.run(home, "init")
    assert shell.run(home, "receipts", "verify").startswith("0 ")
    database = Database(Settings(home=home).resolved_database_url)
    with database.writing() as session:
        session.execute(text("UPDATE chain_head SET seq = 3"))
    database.close()
    assert "chain_head@3" in shell.fail(home, "receipts", "verify")


def test_the_description_of_the_api_is_printed(shell: Shell, fresh_home: Path) -> None:
    printed = json.loads(shell.run(fresh_home, "openapi"))
    assert printed == json.loads(OPENAPI.read_text(encoding="utf-8"))


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_two_processes_serve_and_stop_when_told(fresh_home: Path) -> None:
    port = free_port()
    arguments = [*PROGRAM, "serve", "--port", str(port), "--workers", "2"]
    environment = {**os.environ, "XINHENG_HOME": str(fresh_home)}
    server = subprocess.Popen(arguments, cwd=ROOT, env=environment)
    try:
        answer = _wait_for(f"http://127.0.0.1:{port}/readyz")
        assert answer["ready"] is True
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/enterprises/{ACME}/grade")
        assert refused.value.code == 401
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)


def _wait_for(url: str) -> dict[str, object]:
    for _ in range(400):  # two minutes: a busy machine starts three processes slowly
        try:
            with urllib.request.urlopen(url) as answer:
                body: dict[str, object] = json.load(answer)
                return body
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(url)
