"""Windows never overlap: a whole horizon lies between what teaches and what judges."""

from datetime import date

import pytest

from models.errors import OverlappingWindowError
from models.labels.windows import Window, add_months, plan_windows, require_purged

WINDOW = Window(date(2023, 12, 31), date(2024, 12, 31), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
        (date(2024, 3, 15), -15, date(2022, 12, 15)),
        (date(2024, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_last_of_the_month(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize("last", [date(2024, 2, 29), date(2023, 2, 28), date(2024, 8, 31)])
@pytest.mark.parametrize("spacing", [1, 5, 6, 12])
def test_a_plan_leaves_a_whole_horizon_between_training_and_test(last: date, spacing: int) -> None:
    plan = plan_windows(last, horizon_months=12, spacing_months=spacing, training_windows=5)
    assert plan.test == Window(add_months(last, -12), last, last)
    assert len(plan.training) == 5
    assert list(plan.training) == sorted(plan.training, key=lambda one: one.as_of)
    for window in plan.training:
        assert window.as_of < window.until <= plan.test.as_of
        assert window.known_by <= plan.test.as_of
    assert plan.shipping[-1].as_of == plan.test.as_of
    assert all(window.until <= last for window in plan.shipping)


def test_an_overlapping_window_is_refused_by_name() -> None:
    good = Window(date(2022, 12, 31), date(2023, 12, 31), date(2023, 12, 31))
    ends_late = Window(date(2023, 6, 30), date(2024, 6, 30), date(2023, 12, 31))
    known_late = Window(date(2022, 6, 30), date(2023, 6, 30), date(2024, 1, 1))
    require_purged([good], WINDOW)
    with pytest.raises(OverlappingWindowError) as refused:
        require_purged([good, ends_late, known_late], WINDOW)
    assert "2023-06-30..2024-06-30" in refused.value.zh
    assert "known by 2024-01-01" in refused.value.en
    assert "2022-12-31..2023-12-31" not in refused.value.en
