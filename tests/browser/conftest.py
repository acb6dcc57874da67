"""A real browser on a real server; skipped with its reason where Chromium is missing."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from service.installation import initialise
from service.settings import Settings
from tests.service.office import ACME, REASON_ROW, Office, grade_row, open_office

CHROMIUM = Path(os.environ.get("XINHENG_TEST_CHROMIUM", "/usr/bin/chromium"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; every test opens its own window."""
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is missing (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with a published run of SIMULATED enterprises."""
    home = tmp_path_factory.mktemp("browser") / "home"
    initialise(Settings(home=home))
    for opened in open_office(home, database_url=None):
        rows = [
            grade_row(
                f"E{place:04}",
                name=f"模拟企业{place:04}有限公司（很长的名称用来检查窄屏）",
                grade="ABCD"[place % 4],
                area_code=("440507", "440511", "440523")[place % 3],
                probability=1 - place / 200,
            )
            for place in range(120)
        ]
        reasons = [REASON_ROW] * 5
        opened.publish(
            [*rows, grade_row(ACME, grade="D", probability=1.0, reasons=reasons)],
            as_of=date(2026, 10, 31),
        )
        opened.load_lists()
        yield opened


@pytest.fixture(scope="session")
def address(office: Office) -> Iterator[str]:
    """Where the office's console is served."""
    server = uvicorn.Server(
        uvicorn.Config(office.app, host="127.0.0.1", port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)
