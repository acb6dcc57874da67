"""The one clock of the installation. Everything below `service/` gets days and instants handed."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from features.point_in_time import OFFICE_OFFSET

Clock = Callable[[], datetime]


def aware_now() -> datetime:
    """This instant with its zone (UTC), as a draw wants it."""
    return datetime.now(UTC)


def utc_now() -> datetime:
    """This instant, naive UTC, as instants are stored."""
    return aware_now().replace(tzinfo=None)


def office_day(instant: datetime) -> date:
    """The calendar day in China at an instant (naive UTC)."""
    return (instant + OFFICE_OFFSET).date()


def aware(instant: datetime) -> datetime:
    """An instant (naive UTC) with its zone."""
    return instant.replace(tzinfo=UTC)


def utc_text(instant: datetime) -> str:
    """An instant (naive UTC) as RFC 3339 text: ``2026-11-22T08:00:00Z``."""
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
