"""The warm grader of a server process: made when first asked for, lent to one request at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from law.errors import XinhengError
from service.errors import GraderBusyError
from service.model_registry.operations import champion, champion_folder
from service.regrading.warm import WarmGrader
from service.settings import Settings

_LONGEST_WAIT = 20  # seconds


class KeptGrader:
    """Keeps a grader of the model in use; another model in use makes another grader."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._warm: WarmGrader | None = None
        self._model_folder: Path | None = None

    @contextmanager
    def lent(self) -> Iterator[WarmGrader]:
        """The grader, for as long as the block lasts; others wait for a while.

        Raises
        ------
        GraderBusyError
            Others had it too long.
        service.errors.NoModelError, models.errors.ModelsError
            No model is in use, or the one in use is refused.
        """
        # Whoever waits holds one of the server's threads, which credit checks need too.
        if not self._lock.acquire(timeout=_LONGEST_WAIT):
            raise GraderBusyError(_LONGEST_WAIT)
        try:
            folder = champion_folder(self._settings)
            if self._warm is None or folder != self._model_folder:
                self._let_go()
                self._warm = WarmGrader(self._settings, champion(self._settings))
                self._model_folder = folder
            try:
                yield self._warm
            except XinhengError:
                raise
            except Exception:
                self._let_go()  # nobody knows in which state it is
                raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the engine's memory; the next request makes a grader again."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._warm is not None:
            self._warm.close()
        self._warm = self._model_folder = None
