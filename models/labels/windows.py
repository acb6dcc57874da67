"""Which days a model may learn from. Leakage is decided here and nowhere else.

A *window* looks at enterprises as of a day and waits a horizon for what a check finds. Training
and calibration windows must have ended, and their results must have been known, by the as-of day
of the test window: between them lies the purge gap, one whole horizon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from features.indicators.windows import months_before
from models.errors import OverlappingWindowError


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later (or earlier); none in that month: its last day.

    References
    ----------
    Civil Code art. 202 counts periods of months the same way.
    """
    return months_before(day, -months)


@dataclass(frozen=True)
class Window:
    """One look at the enterprises: inspections with ``as_of < event_on <= until`` label them.

    Attributes
    ----------
    known_by
        Results that the office learned of after this day do not label anything.
    """

    as_of: date
    until: date
    known_by: date


@dataclass(frozen=True)
class WindowPlan:
    """Windows of one training, each group oldest first.

    Attributes
    ----------
    training
        End, and are known, before the test window opens: one horizon of purge gap.
    test
        The newest window; nothing is chosen by it.
    shipping
        All that may teach the model that is shipped, once its figures stand: up to the test
        window, by all that is known today.
    """

    training: tuple[Window, ...]
    test: Window
    shipping: tuple[Window, ...]

    @property
    def as_of_days(self) -> set[date]:
        """Every day as of which indicators are needed."""
        return {window.as_of for window in (*self.training, self.test, *self.shipping)}


def plan_windows(
    last_known: date, *, horizon_months: int, spacing_months: int, training_windows: int
) -> WindowPlan:
    """Lay the test window against `last_known` and the training windows before its as-of day."""
    test = Window(add_months(last_known, -horizon_months), last_known, last_known)

    def spaced(newest: date, count: int, known_by: date) -> tuple[Window, ...]:
        starts = [add_months(newest, -spacing_months * step) for step in range(count)]
        # Month ends shift by a day or two under addition; no gap must shrink for that.
        return tuple(
            Window(start, min(add_months(start, horizon_months), known_by), known_by)
            for start in reversed(starts)
        )

    newest = add_months(test.as_of, -horizon_months)
    training = spaced(newest, training_windows, test.as_of)
    require_purged(training, test)
    return WindowPlan(training, test, spaced(test.as_of, training_windows + 1, last_known))


def rolling_plans(
    last_known: date,
    *,
    horizon_months: int,
    spacing_months: int,
    training_windows: int,
    origins: int,
) -> tuple[WindowPlan, ...]:
    """Plans whose test windows lie side by side, the newest first: a rolling origin.

    Each plan is what :func:`plan_windows` would have laid when its own last day was today, so no
    plan knows anything of its test window or of later ones.
    """
    return tuple(
        plan_windows(
            add_months(last_known, -horizon_months * step),
            horizon_months=horizon_months,
            spacing_months=spacing_months,
            training_windows=training_windows,
        )
        for step in range(origins)
    )


def require_purged(earlier: Sequence[Window], test: Window) -> None:
    """Refuse windows that end, or are known, after the as-of day of the test window.

    Raises
    ------
    OverlappingWindowError
        Names every offending window.
    """
    bad = [w for w in earlier if w.until > test.as_of or w.known_by > test.as_of]
    if not bad:
        return
    listed = ", ".join(f"{w.as_of}..{w.until} (known by {w.known_by})" for w in bad)
    raise OverlappingWindowError(
        f"训练或校准窗口与检验窗口重叠：{listed}；检验观察点为 {test.as_of}。"
        "请把这些窗口的观察点提前至少一个表现期，或推迟检验观察点。",
        f"training or calibration windows overlap the test window: {listed}; the test as-of day is "
        f"{test.as_of}. Move their as-of days back by a whole horizon or the test day forward.",
    )
