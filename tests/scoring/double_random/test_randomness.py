"""Public randomness: a string, strong, later than the freeze, and the one that was announced."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scoring.double_random.randomness import (
    check_announcement,
    check_randomness,
    read_instant,
    strength_bits,
)
from scoring.errors import RandomnessError

CHINA = timezone(timedelta(hours=8))
FROZEN_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # 16:00 in China
DICE = "98165284730912456073"
NAME = "2026年11月30日市民现场掷十面骰子"


def check(value: object = DICE, *, at: str = "2026-11-30T21:15", **changes: object) -> str:
    arguments: dict[str, object] = {
        "name": NAME,
        "announced_name": NAME,
        "frozen_at": FROZEN_AT,
        "drawn_at": datetime(2026, 12, 1, tzinfo=UTC),
        "minimum_bits": 64,
    }
    return check_randomness(value, at=read_instant(at), **{**arguments, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        (DICE, 66),
        (DICE[:19], 63),
        ("9816 5284 7309 1245 6073", 66),
        ("9/8.1,6;5:2|8-4 7309 1245 6073", 66),
        ("1234561234565213465231426", 64),
        ("123456123456521346523142", 62),
        ("03 07 12 19 25 31 09", 23),
        ("0f1e2d3c4b5a6978", 64),
        ("0F1E2D3C4B5A697", 60),
        ("0" * 40, 0),
        ("7" * 64, 0),
        ("01" * 40, 2),
        ("0123456789" * 2, 33),
        ("123" * 20, 4),
    ],
)
def test_bits_are_counted_on_the_careful_side(text: str, bits: int) -> None:
    assert strength_bits(text) == bits


def test_sixty_four_coins_are_enough_and_sixty_three_are_not() -> None:
    coins = f"{0xB7E151628AED2A6A:064b}"
    assert strength_bits(coins) == 64
    assert strength_bits(coins[:63]) == 63


def test_good_randomness_comes_back_unchanged() -> None:
    assert check() == DICE
    assert check("0981 6528 4730 9124 5607 3") == "0981 6528 4730 9124 5607 3"


def test_twenty_digits_survive_json_as_a_string_but_not_as_a_number() -> None:
    assert json.loads(json.dumps({"randomness": DICE}))["randomness"] == DICE
    # What JavaScript and every reader with 64-bit floats make of the number.
    assert str(int(float(DICE))) != DICE


@pytest.mark.parametrize("value", [int(DICE), 9.8e19, None, True, DICE.encode(), [DICE]])
def test_anything_but_a_string_is_refused(value: object) -> None:
    with pytest.raises(RandomnessError, match="须为字符串"):
        check(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        DICE[:19],
        "0" * 100,
        "９８１６５２８４７３０９１２４５６０７３",
        f" {DICE}",
        f"{DICE}\n",
        "correct horse battery staple",
    ],
)
def test_weak_or_foreign_strings_are_refused(text: str) -> None:
    with pytest.raises(RandomnessError, match=r"比特|不允许"):
        check(text)


@pytest.mark.parametrize("at", ["2026-11-19", "2026-11-20", "2026-11-20T15:59", "2026-11-20T16:00"])
def test_randomness_from_before_the_freeze_is_refused(at: str) -> None:
    with pytest.raises(RandomnessError, match="不晚于冻结时间"):
        check(at=at, name="骰子", announced_name="骰子")


def test_a_minute_after_the_freeze_is_late_enough() -> None:
    assert check(at="2026-11-20T16:01", name="骰子", announced_name="骰子") == DICE


def test_randomness_from_the_future_is_refused() -> None:
    with pytest.raises(RandomnessError, match="在未来"):
        check(at="2026-12-02")


def test_another_source_than_announced_is_refused() -> None:
    with pytest.raises(RandomnessError, match="来源"):
        check(name="另一次掷骰")


def test_an_earlier_day_than_announced_is_refused() -> None:
    with pytest.raises(RandomnessError, match="早于公布的来源"):
        check(at="2026-11-29T21:15")


def test_every_reason_is_told_at_once() -> None:
    with pytest.raises(RandomnessError) as refused:
        check("123", at="2026-11-01", name="别处")
    for told in ("比特", "来源", "早于公布", "不晚于冻结"):
        assert told in refused.value.zh


@pytest.mark.parametrize(
    "text", ["2026/11/30", "2026-02-30", "30.11.2026", "2026-11-30T25:00", "", "2026-11-30 21:15"]
)
def test_impossible_instants_are_refused(text: str) -> None:
    with pytest.raises(RandomnessError, match="无法识别"):
        read_instant(text)


def test_instants_are_in_china() -> None:
    assert read_instant("2026-11-30") == datetime(2026, 11, 29, 16, 0, tzinfo=UTC)
    assert read_instant("2026-11-30T21:15:09").second == 9
    assert read_instant("2026-11-30T21:15") == datetime(2026, 11, 30, 21, 15, tzinfo=CHINA)


def test_an_announcement_may_not_lie_in_the_past() -> None:
    check_announcement("2026年11月20日福彩3D", frozen_at=FROZEN_AT)
    with pytest.raises(RandomnessError, match="早于冻结日"):
        check_announcement("2026年11月19日福彩3D", frozen_at=FROZEN_AT)
    with pytest.raises(RandomnessError, match="写明"):
        check_announcement(" ", frozen_at=FROZEN_AT)
