"""The console as people meet it: wide and narrow, without a script, with a keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from service.grading_rules import operations as rules
from service.security.scopes import Scope
from tests.service.office import ACME, Office

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/enterprises",
    "/enterprises?q=没有",
    f"/enterprises/{ACME}",
    "/measures",
    "/measures/key-supervision",
    "/measures/health",
    "/rules",
    "/rules/R001",
    "/runs",
    "/overrides",
    "/visits",
    "/nowhere",
)


def propose_rules(office: Office) -> str:
    """A change of rules, proposed by somebody else than the key's holder."""
    path = office.settings.home / "rules.yaml"
    path.write_text("reason: 稳定带收窄\nhysteresis_margin_per_mille: 30\n", encoding="utf-8")
    return rules.propose(office.settings, path, by="张三", at=office.clock()).version


@pytest.fixture(params=[1440, 360])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A window without JavaScript: everything must work all the same."""
    context = chromium.new_context(
        viewport={"width": request.param, "height": 800}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, office: Office, address: str, *more: Scope) -> list[str]:
    """Sign in as a person does; returns what the window asks other hosts for.

    The key has `more` scopes beside the console.
    """
    foreign: list[str] = []

    def note(asked: Request) -> None:
        if not asked.url.startswith(address):
            foreign.append(asked.url)

    page.on("request", note)
    page.goto(f"{address}/enterprises")
    page.get_by_label("访问密钥").fill(office.key(Scope.CONSOLE, *more)["X-API-Key"])
    page.get_by_role("button", name="登录").click()
    expect(page, "to where one wanted to go").to_have_url(f"{address}/enterprises")
    return foreign


def test_every_page_fits_and_asks_nobody_else(page: Page, office: Office, address: str) -> None:
    propose_rules(office)
    foreign = sign_in(page, office, address)
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    for path in PAGES:
        page.goto(address + path)
        box = page.locator("main").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.keyboard.press("End")
        page.mouse.wheel(2000, 0)
        moved = page.locator("header.top").bounding_box()
        assert moved is not None
        assert moved["x"] == 0, f"{path} does not scroll sideways at {width}"
        assert moved["width"] == width
    assert foreign == []


def test_find_one_enterprise_and_sign_out(page: Page, office: Office, address: str) -> None:
    sign_in(page, office, address)
    page.get_by_label("名称或代码").fill(ACME[:10])
    page.get_by_label("等级").select_option("D")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=f"企业{ACME[-4:]}").click()
    expect(page).to_have_url(f"{address}/enterprises/{ACME}")
    expect(page.get_by_text("汕市监罚字〔2025〕9号").first).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(f"{address}/enterprises")
    expect(page.get_by_label("访问密钥")).to_be_visible()


def test_the_keyboard_reaches_the_text_first(page: Page, office: Office, address: str) -> None:
    sign_in(page, office, address)
    page.goto(f"{address}/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0, "visible once it has the focus"
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/#main")


def test_a_change_of_rules_is_tried_and_a_second_person_approves_it(
    page: Page, office: Office, address: str
) -> None:
    version = propose_rules(office)
    sign_in(page, office, address, Scope.RULES_WRITE)
    page.goto(f"{address}/measures")
    expect(page.get_by_text("xinheng measures compute --run")).to_be_visible()
    page.get_by_role("link", name="规则").first.click()
    page.get_by_role("link", name=version, exact=True).click()
    expect(page.get_by_role("heading", name=version)).to_be_visible()
    expect(page.get_by_role("button", name="批准"), "not before it was simulated").to_have_count(0)
    page.get_by_role("button", name="在最新批次上模拟").click()
    expect(page.get_by_role("heading", name="谁会变动")).to_be_visible(timeout=30_000)
    page.get_by_label("批准理由").fill("负担可承受")
    page.get_by_role("button", name="批准").click()
    page.get_by_label("撤回理由").fill("改用其他方案")
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("已撤回，不能再办理")).to_be_visible()


def test_the_documentation_of_the_api_loads_from_here(
    chromium: Browser, office: Office, address: str
) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/docs")
    page.get_by_text("/v1/credit-checks", exact=True).wait_for()
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    page.close()
