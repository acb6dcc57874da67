"""A frame has one form; every other is refused with the row named, or sorted into it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.double_random.frame import build_frame, parse_frame
from scoring.errors import FrameError

ID = st.from_regex(r"\A[0-9A-Z][0-9A-Z._:/#+()-]{0,17}\Z")
STRATUM = st.sampled_from(["440507.A.due", "440507.D.rest", "none.B.due"])
GOOD = b"91A\x1f440507.A.due\n91B\x1f440507.B.due\n"


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(ID, STRATUM, min_size=1, max_size=40), st.randoms())
def test_any_order_gives_the_same_sorted_bytes(rows: dict[str, str], chance: object) -> None:
    pairs = list(rows.items())
    chance.shuffle(pairs)  # type: ignore[attr-defined]
    frame = build_frame([code for code, _ in pairs], [stratum for _, stratum in pairs])
    expected = sorted(f"{code}\x1f{stratum}".encode() for code, stratum in pairs)
    assert frame.content == b"".join(row + b"\n" for row in expected)
    again = parse_frame(frame.content)
    assert [code for chunk in again.chunks() for code in chunk] == [
        row.split(b"\x1f")[0] for row in expected
    ]
    assert sum(again.populations().values()) == len(rows)
    assert all(
        again.populations()[name] == [*rows.values()].count(name) for name in {*rows.values()}
    )


def test_strata_stay_with_their_enterprises() -> None:
    frame = build_frame(["91B", "91A", "91C"], ["x.B.due", "x.A.due", "x.B.due"])
    names = [frame.stratum_names[code] for code in frame.stratum_codes]
    assert names == ["x.A.due", "x.B.due", "x.B.due"]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["91A", "91A"], "91A"),
        (["91a", "91A"], "91A"),
        (["９１４４"], "9144"),
        (["\ufeff91A"], "91A"),
        (["91A\r"], "91A"),
        (["91A\n91B"], "不允许"),
        ([" 91A"], "91A"),
        (["91A\x1f440507.A.due"], "不允许"),
        (["91,A"], "不允许"),
        (["=1+1"], "不允许"),
        ([""], "1 行没有企业代码"),
        ([None], "1 行没有企业代码"),
        ([], "名录库为空"),
    ],
)
def test_faulty_codes_are_refused(ids: list[str | None], told: str) -> None:
    with pytest.raises(FrameError, match=told):
        build_frame(ids, ["440507.A.due"] * len(ids))


def test_all_faulty_codes_are_told_at_once() -> None:
    with pytest.raises(FrameError) as refused:
        build_frame(["９１", "91A", "91A", "x y", None], ["s"] * 5)
    for told in ("写作 91", "重复：91A", "'x y'", "1 行没有"):
        assert told in refused.value.zh


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xef\xbb\xbf" + GOOD, "BOM"),
        (GOOD.replace(b"\n", b"\r\n"), "CRLF"),
        (b"91B\x1fs\n91A\x1fs\n", "第 2 行：91A 未按字节排序"),
        (b"91A\x1fs\n91A\x1ft\n", "第 2 行：企业代码 91A 重复"),
        (b"91A\x1fs\n91B\x1fs\n91B\x1fs\n", "第 3 行：企业代码 91B 重复"),
        ("91A\x1fs\n９１B\x1fs\n".encode(), "第 2 行.*不允许"),
        (b"91A\x1fs", "末行没有换行"),
        (b"91A\x1fs\n\n", "第 2 行"),
        (b"91A\x1fs\n91B\n", "第 2 行"),
        (b"91A\x1fs\x1ft\n", "第 1 行"),
        (b"\x1fs\n", "第 1 行"),
        (b"91A\x1f\n", "第 1 行"),
        (b"91A\x1fs t\n", "第 1 行.*不允许"),
        (b"", "为空"),
    ],
)
def test_a_file_in_another_form_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(FrameError, match=told):
        parse_frame(content)


def test_rows_beyond_one_chunk_are_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.double_random.frame.CHUNK", 2)
    good = b"".join(b"%03d\x1fs\n" % number for number in range(7))
    assert len(parse_frame(good)) == 7
    with pytest.raises(FrameError, match="第 5 行"):
        parse_frame(good.replace(b"004", b"003"))
