"""The permission that every route declares: a scope, a console sign-in, or public with a reason.

A route that declares none fails a test.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from service.context import ContextDependency
from service.errors import MissingKeyError, MissingScopeError
from service.security.keys import ApiKey, find_key
from service.security.scopes import Scope
from service.security.sessions import SignIn, find_sign_in

_header = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    description="`xinheng key create` 签发的密钥 · a key issued by `xinheng key create`",
)


@dataclass(frozen=True)
class Requires:
    """Lets a request pass only with an active API key that has a scope."""

    scope: Scope

    def __call__(
        self, context: ContextDependency, text: Annotated[str | None, Security(_header)] = None
    ) -> ApiKey:
        """The caller's key.

        Raises
        ------
        MissingKeyError, UnknownKeyError, KeyEndedError, MissingScopeError
        """
        if not text:
            raise MissingKeyError
        with context.database.reading() as session:
            key = find_key(session, text, now=context.clock())
        if self.scope not in key.scopes:
            raise MissingScopeError(key.key_id, scope=self.scope)
        return key


@dataclass(frozen=True)
class SignedIn:
    """Lets a request pass only with a console sign-in whose key still has the scope `console`."""

    def __call__(self, request: Request, context: ContextDependency) -> SignIn:
        """The sign-in.

        Raises
        ------
        SignInNeededError
            No cookie, a forged one, or one of a sign-in that is over.
        """
        return find_sign_in(request, context)


@dataclass(frozen=True)
class Public:
    """Lets every request pass, for a stated reason."""

    reason: str

    def __call__(self) -> None:
        """Nothing to check."""


SignInDependency = Annotated[SignIn, Depends(SignedIn())]
