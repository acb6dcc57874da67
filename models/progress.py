"""Telling a waiting person how far a long job is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as ``progress(step, done, total)`` when a step begins."""

Tell = Callable[[str], None]
"""Called with the name of a step when it begins."""


def silent(step: str) -> None:
    """Tell nobody."""


class Steps:
    """Counts named steps towards a total."""

    def __init__(self, progress: Progress | None, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, step: str) -> None:
        """Begin a step."""
        if self._progress is not None:
            self._progress(step, self._done, self._total)
        self._done = min(self._done + 1, self._total)

    def finish(self) -> None:
        """All steps are done."""
        self._done = self._total
        self("完成 done")
