"""No request may be larger than the API ever needs: a body is held in memory to be checked."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import HTTP_ANSWERS
from service.problems import answer_http

_TOO_LARGE = 413


class BodyLimit:
    """Answers 413 to a body of more than `maximum_bytes`, declared or not."""

    def __init__(self, app: ASGIApp, maximum_bytes: int) -> None:
        self.app = app
        self.maximum_bytes = maximum_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse by the declared length, else count what comes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.maximum_bytes:
            response = answer_http(Request(scope), HTTP_ANSWERS[_TOO_LARGE])
            await response(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.maximum_bytes:
                raise HTTPException(_TOO_LARGE)
            return message

        await self.app(scope, count, send)
