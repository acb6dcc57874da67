"""Console sign-ins: a server-side session behind a signed cookie, and tokens that guard forms."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response

from service.context import Context
from service.errors import FormRefusedError, MissingScopeError, SignInNeededError
from service.security import repository
from service.security.keys import find_key
from service.security.scopes import Scope

SESSION_COOKIE = "xinheng_session"
FORM_COOKIE = "xinheng_form"
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class SignIn:
    """Who is at the console."""

    key_id: str
    name: str
    token_hash: str
    scopes: frozenset[str] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Whether this person's key has a scope beside the console."""
        return scope in self.scopes

    def check_scope(self, scope: Scope) -> None:
        """Refuse an act that this person's key does not allow.

        Raises
        ------
        MissingScopeError
        """
        if not self.may(scope):
            raise MissingScopeError(self.key_id, scope=scope)

    def form_token(self, context: Context) -> str:
        """What a form of this person must carry."""
        return _sign(context.console_key, f"form:{self.token_hash}")

    def check_form(self, context: Context, token: str) -> None:
        """Refuse a form that does not carry this person's token.

        Raises
        ------
        FormRefusedError
        """
        if not _same(token, self.form_token(context)):
            raise FormRefusedError


def sign_in(context: Context, key_text: str, *, response: Response) -> SignIn:
    """Open a session for the holder of a key and put its cookie on `response`.

    Raises
    ------
    UnknownKeyError, KeyEndedError, MissingScopeError
        The key does not open the console.
    """
    now = context.clock()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with context.database.writing() as session:
        key = find_key(session, key_text.strip(), now=now)
        if Scope.CONSOLE not in key.scopes:
            raise MissingScopeError(key.key_id, scope=Scope.CONSOLE)
        lasts = timedelta(hours=context.settings.session_hours)
        repository.add_session(
            session,
            token_hash=_hash(token),
            key_id=key.key_id,
            created_at=now,
            expires_at=min(now + lasts, key.expires_at),
        )
    signed = f"{token}.{_sign(context.console_key, f'session:{token}')}"
    _set_cookie(context, response, SESSION_COOKIE, value=signed)
    response.delete_cookie(FORM_COOKIE, path="/login")
    return SignIn(key.key_id, key.name, _hash(token), frozenset(key.scopes))


def find_sign_in(request: Request, context: Context) -> SignIn:
    """The sign-in behind a request's cookie.

    Raises
    ------
    SignInNeededError
        There is none, or it is over.
    """
    token, _, signature = request.cookies.get(SESSION_COOKIE, "").partition(".")
    expected = _sign(context.console_key, f"session:{token}")
    if not token or not _same(signature, expected):
        raise SignInNeededError
    with context.database.reading() as session:
        row = repository.find_session(session, _hash(token))
    now = context.clock()
    if (
        row is None
        or row["session_ends"] <= now
        or row["expires_at"] <= now
        or row["revoked_at"] is not None
        or Scope.CONSOLE not in row["scopes"].split()
    ):
        raise SignInNeededError
    return SignIn(row["key_id"], row["name"], _hash(token), frozenset(row["scopes"].split()))


def sign_out(context: Context, who: SignIn, *, response: Response) -> None:
    """End a session and take its cookie away."""
    with context.database.writing() as session:
        repository.end_session(session, who.token_hash)
    response.delete_cookie(SESSION_COOKIE, path="/")


def new_form_token(context: Context, response: Response) -> str:
    """A token for the sign-in form, tied to a cookie that another site cannot set or read."""
    nonce = secrets.token_urlsafe(_TOKEN_BYTES)
    _set_cookie(context, response, FORM_COOKIE, value=nonce, path="/login")
    return _sign(context.console_key, f"login:{nonce}")


def check_form_token(context: Context, request: Request, token: str) -> None:
    """Refuse a sign-in form that does not carry the token made for this browser.

    Raises
    ------
    FormRefusedError
    """
    nonce = request.cookies.get(FORM_COOKIE, "")
    expected = _sign(context.console_key, f"login:{nonce}")
    if not nonce or not _same(token, expected):
        raise FormRefusedError


def _set_cookie(
    context: Context, response: Response, name: str, *, value: str, path: str = "/"
) -> None:
    response.set_cookie(
        name,
        value,
        path=path,
        httponly=True,
        samesite="strict",
        secure=context.settings.secure_cookies,
    )


def _sign(key: bytes, text: str) -> str:
    digest = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
