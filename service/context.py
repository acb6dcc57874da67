"""What every request needs: settings, database, clock, secrets. Made once by `create_app`."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, cast

from fastapi import Depends, Request

from service.clock import Clock
from service.db.connection import Database
from service.regrading.kept import KeptGrader
from service.security.secrets import read_secret
from service.settings import Settings


@dataclass(frozen=True)
class Context:
    """The installation as a running process sees it."""

    settings: Settings
    database: Database
    clock: Clock

    @cached_property
    def person_key(self) -> bytes:
        """Key of the hashes that stand for natural persons."""
        return read_secret(self.settings.person_key_path)

    @cached_property
    def kept_grader(self) -> KeptGrader:
        """What grades one enterprise again at once; it takes no memory until it is asked."""
        return KeptGrader(self.settings)

    @cached_property
    def console_key(self) -> bytes:
        """Key that signs console cookies and form tokens."""
        return read_secret(self.settings.console_key_path)


def get_context(request: Request) -> Context:
    """The context of the app that answers a request."""
    return cast("Context", request.app.state.context)


ContextDependency = Annotated[Context, Depends(get_context)]
