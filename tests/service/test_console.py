"""The console's pages as HTML, and the files it exports."""

import csv
import io
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient

from features.engine import Engine
from service.console.charts import grade_bars, grade_mark, share_strip
from service.console.rendering import STATIC_FOLDER, instant, number, percent
from service.enterprises.operations import PAGE_SIZE
from service.enterprises.schemas import TableQuery
from tests.service.office import ACME, NOW, OTHER, REASON_ROW, TRADER, Office, grade_row
from tests.service.test_listings import archive_of, registered, write_register

BUDGET_BYTES = 30_000


class Outline(HTMLParser):
    """What a page is made of, as a browser or a screen reader would find it."""

    VOID = frozenset({"meta", "link", "input", "img", "circle", "rect", "path", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends where it began."""
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attrs for name, attrs in self.found if name == tag]


def open_page(browser: TestClient, path: str) -> str:
    """A page that must be there, within its budget, and fit for everybody."""
    answer = browser.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= BUDGET_BYTES
    check_page(answer.text)
    return str(answer.text)


def check_page(page: str) -> None:
    """Structure that people with a screen reader or a keyboard need."""
    outline = Outline(page)
    assert outline.all("html")[0]["lang"] == "zh-CN"
    assert len(outline.all("h1")) == 1
    assert outline.all("a")[0]["href"] == "#main"
    assert any(main.get("id") == "main" for main in outline.all("main"))
    ids = [attrs["id"] for _, attrs in outline.found if attrs.get("id")]
    assert len(ids) == len(set(ids)), "an id names one element"
    labelled = {label.get("for") for label in outline.all("label")}
    fields = [f for f in outline.all("input") if f.get("type") != "hidden"]
    assert all(field.get("id") in labelled for field in fields + outline.all("select"))
    assert all(heading.get("scope") for heading in outline.all("th"))
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all("alt" in image for image in outline.all("img"))
    assert all(svg.get("aria-label") for svg in outline.all("svg") if svg.get("role") == "img")
    assert outline.all("script") == []
    links = [
        attrs.get(key) or "" for _, attrs in outline.found for key in ("href", "src", "action")
    ]
    assert not [link for link in links if link.startswith(("http", "//"))]


@pytest.fixture
def browser(office: Office) -> TestClient:
    """A signed-in browser."""
    return office.sign_in()


def test_before_anything_is_published_the_pages_say_what_to_do(browser: TestClient) -> None:
    assert "xinheng score --as-of 2026-11-22" in open_page(browser, "/")
    assert "xinheng score" in open_page(browser, "/enterprises")
    answer = browser.get(f"/enterprises/{ACME}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "xinheng score" in answer.text
    check_page(answer.text)


def test_overview(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME, grade="A")], as_of=date(2026, 9, 30))
    office.clock.forward(hours=1)
    rows = [
        grade_row(ACME, grade="A"),
        grade_row(OTHER, grade="D", basis="direct_rule"),
        grade_row(TRADER, grade="D", area_code="440511"),
    ]
    office.publish(rows)
    page = open_page(browser, "/")
    assert "截至 <b>2026-10-31</b>" in page
    assert "较 2026-09-30 ↑ 2" in page
    assert "与 2026-09-30 相同" in page
    assert "风险等级仅供市场监管部门内部" in page
    assert "待法制审核" in page
    assert "龙湖区" in page
    assert "66.7%" in page
    assert "名单数据尚未载入" in page


def test_overview_shows_how_old_the_lists_are(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME)])
    office.load_lists()
    assert "2026-11-23 10:00" in open_page(browser, "/"), "usable until, on the clock of China"
    office.clock.forward(hours=24)
    browser = office.sign_in()
    assert "已超过允许的 24 小时" in open_page(browser, "/")


def many(count: int) -> list[dict[str, object]]:
    """Enterprises with falling probabilities."""
    return [
        grade_row(f"E{place:05}", name=f"企业{place:05}", probability=1 - place / count)
        for place in range(count)
    ]


def shown(page: str) -> list[str]:
    """The identifiers in the table, in order."""
    return re.findall(r'href="/enterprises/(E\d+)"', page)


def test_the_table_pages_through_everything_once(office: Office, browser: TestClient) -> None:
    office.publish(many(2 * PAGE_SIZE + 3))
    seen = []
    for page in (1, 2, 3):
        seen += shown(open_page(browser, f"/enterprises?page={page}"))
    assert seen == [f"E{place:05}" for place in range(2 * PAGE_SIZE + 3)]
    beyond = open_page(browser, "/enterprises?page=99")
    assert shown(beyond) == seen[-3:], "a page beyond the last one shows the last one"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=茶馆", ["E3"]),
        ("q=%E8%8C%B6", ["E3"]),
        ("q=e1", ["E1"]),
        ("q=%25", ["E4"]),
        ("q=_", []),
        ("q='%20OR%20'1'='1", []),
        ("grade=D", ["E2"]),
        ("area=440511", ["E1"]),
        ("industry=5226", ["E2"]),
        ("basis=floor", ["E3"]),
        ("grade=D&area=440511", []),
        ("sort=points", ["E4", "E3", "E2", "E1"]),
        ("sort=points&order=desc", ["E1", "E2", "E3", "E4"]),
        ("sort=enterprise_id&order=desc", ["E4", "E3", "E2", "E1"]),
    ],
)
def test_search_filter_and_sort(
    office: Office, browser: TestClient, query: str, expected: list[str]
) -> None:
    office.publish(
        [
            grade_row("E1", name="甲酒楼", area_code="440511", points=600),
            grade_row("E2", name="乙食品厂", grade="D", industry_code="5226", points=590),
            grade_row("E3", name="丙茶馆", basis="floor", points=580),
            grade_row("E4", name="丁 100% 果汁", points=570),
        ]
    )
    assert shown(open_page(browser, f"/enterprises?{query}")) == expected


def test_a_query_that_cannot_be(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME)])
    for query in ("page=0", "sort=secret_hash", "grade=E", "page=x", "q=%00", "area=%00"):
        answer = browser.get(f"/enterprises?{query}", headers={"Accept": "text/html"})
        assert answer.status_code == 422
        check_page(answer.text)


def test_nothing_found(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME)])
    assert "没有符合条件的企业" in open_page(browser, "/enterprises?q=没有")


def test_names_are_shown_as_text(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME, name="<script>alert(1)</script>{{ 7*7 }}")])
    for path in ("/enterprises", f"/enterprises/{ACME}", "/enterprises?q=<b>x</b>"):
        page = open_page(browser, path)
        assert "<script>" not in page
        assert "<b>x</b>" not in page


def test_one_enterprise_with_its_archive_as_known_on_the_runs_day(
    office: Office, browser: TestClient, engine: Engine, tmp_path: Path
) -> None:
    late = registered(
        登记事项="变更", 核准日期="2026-10-30", 归集日期="2026-11-05", 名称="新名称有限公司"
    )
    register = write_register(tmp_path / "a.csv", [registered(), late])
    archive_of(office, engine, (register, "city_registrations"))
    reasons = [
        REASON_ROW,
        {**REASON_ROW, "indicator": "age_months", "zh": "存续月数", "value": 9.0},
    ]
    office.publish(
        [
            grade_row(
                ACME,
                grade="D",
                basis="direct_rule",
                model_grade="C",
                basis_ground="列入严重违法失信名单",
                reasons=reasons,
            )
        ]
    )
    page = open_page(browser, f"/enterprises/{ACME}")
    assert "风险高" in page
    assert "直接判定" in page
    assert "列入严重违法失信名单" in page
    assert "汕市监罚字〔2025〕9号" in page
    assert "-31.5" in page
    assert "9 个月" in page
    assert "2020-01-01" in page
    assert "新名称有限公司" not in page, "known only after the run's day"
    assert "110105" not in page
    assert "legal_representative_key" not in page
    assert "法定代表人键" not in page
    for section in ("基本信息", "经营信息", "良好信息", "警示信息"):
        assert section in page
    assert "2020-01-01" in open_page(browser, f"/enterprises/{ACME}?section=basic")


def test_an_enterprise_without_a_grade_still_has_its_archive(
    office: Office, browser: TestClient, engine: Engine, tmp_path: Path
) -> None:
    register = write_register(tmp_path / "a.csv", [registered()])
    archive_of(office, engine, (register, "city_registrations"))
    office.register()
    office.publish([grade_row(OTHER)])
    page = open_page(browser, f"/enterprises/{ACME}")
    assert "本批次没有分级结果" in page
    assert "2020-01-01" in page


def test_a_missing_archive_does_not_hide_the_grade(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME)])
    page = open_page(browser, f"/enterprises/{ACME}")
    assert "风险一般" in page
    assert "xinheng archive" in page


def test_an_unknown_enterprise_and_an_unknown_page(office: Office, browser: TestClient) -> None:
    office.publish([grade_row(ACME)])
    for path in (f"/enterprises/{OTHER}", "/nowhere", "/enterprises/%00"):
        answer = browser.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        check_page(answer.text)


# --- exports ---

FORMULA = '=HYPERLINK("http://example.org")'


def test_csv_holds_what_the_table_finds_as_text(office: Office, browser: TestClient) -> None:
    rows = [
        grade_row("E1", name=FORMULA, grade="D", reasons=[REASON_ROW]),
        grade_row("E2", name="＋危险", grade="D", probability=None, points=None),
        grade_row("E3", grade="A"),
    ]
    office.publish(rows)
    answer = browser.get("/enterprises/export.csv?grade=D&sort=enterprise_id")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert 'filename="grades-2026-10-31.csv"' in answer.headers["content-disposition"]
    header, first, second = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert header[:2] == ["统一社会信用代码", "名称"]
    assert (first[0], first[1], first[2]) == ("E1", f"'{FORMULA}", "龙湖区")
    assert "近24个月行政处罚次数" in first[-1]
    assert (second[1], second[8], second[9]) == ("'＋危险", "", "")


def test_csv_streams_in_pieces(office: Office, browser: TestClient) -> None:
    office.publish(many(1201))
    lines = browser.get("/enterprises/export.csv").text.splitlines()
    assert len(lines) == 1202
    assert len(set(lines)) == 1202


def test_excel_holds_texts_no_formulas(office: Office, browser: TestClient) -> None:
    office.publish([grade_row("0001", name=FORMULA)])
    answer = browser.get("/enterprises/export.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book["企业"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("0001", "s")
    assert (sheet["B2"].value, sheet["B2"].data_type) == (FORMULA, "s")
    assert "不作为处罚依据" in str([cell.value for cell in book["说明"]["B"]])


def test_an_export_before_anything_is_published(browser: TestClient) -> None:
    for kind in ("csv", "xlsx"):
        answer = browser.get(f"/enterprises/export.{kind}")
        assert (answer.status_code, answer.json()["code"]) == (404, "nothing-published")


# --- parts ---


def test_grades_differ_by_letter_and_shape_too() -> None:
    marks = [str(grade_mark(grade)) for grade in "ABCD"]
    shapes = [re.sub(r"\b[ABCD]\b|mark-\w", "", mark) for mark in marks]
    assert len(set(shapes)) == 4


def test_bars_are_in_proportion() -> None:
    chart = str(grade_bars({"A": 200, "B": 100}, labels=dict.fromkeys("ABCD", "x")))
    widths = re.findall(r'width="([\d.]+)%" height="10" rx="5"/></g>', chart)
    assert [float(width) for width in widths] == [100, 50, 0, 0]
    strip = str(share_strip([1, 1, 2, 0], grades="ABCD", title="t"))
    assert re.findall(r'width="([\d.]+)%" height="14"/', strip) == [
        "25.00",
        "25.00",
        "50.00",
        "0.00",
    ]
    assert share_strip([0, 0, 0, 0], grades="ABCD", title="t")


def test_numbers_days_and_instants() -> None:
    assert (number(1234567), number(None)) == ("1,234,567", "—")
    assert (percent(0.654), percent(0.00321), percent(None)) == ("65.4%", "0.32%", "—")
    assert instant(NOW) == "2026-11-22 10:00"


def test_links_of_the_table_keep_the_filters() -> None:
    query = TableQuery(grade="D", sort="points", page=7)
    assert query.with_changes() == {"grade": "D", "sort": "points"}
    assert query.with_changes(page=8) == {"grade": "D", "sort": "points", "page": "8"}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_have_contrast() -> None:
    style = (STATIC_FOLDER / "console.css").read_text()
    named = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", style))
    pairs = [(text, "#ffffff") for text in ("ink", "soft", "brand", "link", "a", "b", "c", "d")]
    pairs += [
        (text, named[back])
        for text in ("ink", "soft")
        for back in ("ground", "warn", "bad", "note")
    ]
    for text, back in pairs:
        light, dark = sorted([luminance(named[text]), luminance(back)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, back)
