"""Errors as answers: problem+json (RFC 9457) for programs, a page for people."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from law.errors import XinhengError
from service.answers import (
    DATABASE_UNAVAILABLE,
    HTTP_ANSWERS,
    INVALID_REQUEST,
    UNEXPECTED,
    Answer,
    answer_for,
)
from service.console.rendering import render
from service.errors import ServiceError, SignInNeededError
from service.languages import Language, chosen_language
from service.validation import describe_faults

MEDIA_TYPE = "application/problem+json"


_TEXT = {"type": "string"}
# RFC 9457 problem details; title and detail are in the language of Accept-Language.
_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "instance", "code"), _TEXT),
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": dict.fromkeys(("pointer", "code", "detail"), _TEXT),
            },
        },
    },
}
# For the documentation of the API: every failure has this form.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"description": text, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    for code, text in (("4XX", "the request failed"), ("5XX", "no answer was reached"))
}
_RETRY_SECONDS = 5


def problem(
    request: Request,
    answer: Answer,
    *,
    zh: str,
    en: str,
    errors: Sequence[Mapping[str, Any]] = (),
    retry_after_seconds: int | None = None,
) -> Response:
    """The answer to a request that failed: problem+json, or a page where a browser asked for one.

    Parameters
    ----------
    zh, en
        The detail in both languages; the one that ``Accept-Language`` prefers is sent.
    errors
        Faults of single fields: pointer, code, detail.
    """
    language = chosen_language(request.headers.get("accept-language"))
    detail = zh if language == "zh" else en
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(retry_after_seconds)
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'ApiKey realm="xinheng"'
    if wants_page(request):
        return _error_page(request, answer, zh=zh, en=en, headers=headers)
    body: dict[str, Any] = {
        "type": f"urn:xinheng:problem:{answer.code}",
        "title": answer.zh if language == "zh" else answer.en,
        "status": answer.status,
        "detail": detail,
        "instance": request.url.path,
        "code": answer.code,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, answer.status, headers=headers, media_type=MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Whether a browser asked for a page of the console rather than a program for the API."""
    path = request.url.path
    is_api = path.startswith("/v1/") or path in {"/healthz", "/readyz", "/openapi.json"}
    return not is_api and "text/html" in request.headers.get("accept", "")


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the application in one form."""
    app.add_exception_handler(XinhengError, _on_known)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(Exception, _on_unexpected)


def _on_known(request: Request, error: Exception) -> Response:
    assert isinstance(error, XinhengError)
    if isinstance(error, SignInNeededError) and wants_page(request):
        return _to_sign_in(request)
    pointer = error.pointer if isinstance(error, ServiceError) else None
    retry = error.retry_after_seconds if isinstance(error, ServiceError) else None
    answer = answer_for(error)
    language = chosen_language(request.headers.get("accept-language"))
    text = error.zh if language == "zh" else error.en
    faults = [{"pointer": pointer, "code": answer.code, "detail": text}] if pointer else []
    return problem(
        request, answer, zh=error.zh, en=error.en, errors=faults, retry_after_seconds=retry
    )


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, and from there back to where somebody wanted to go."""
    asked = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        asked += f"?{request.url.query}"
    return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303)


def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language: Language = chosen_language(request.headers.get("accept-language"))
    faults = describe_faults(error.errors(), language=language)
    listed = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults)
    return problem(
        request,
        INVALID_REQUEST,
        zh=f"请求内容有 {len(faults)} 处不符合要求。{listed}",
        en=f"The request has {len(faults)} fault(s). {listed}",
        errors=faults,
    )


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = HTTP_ANSWERS.get(error.status_code)
    if answer is None:
        answer = Answer(
            error.status_code, f"http-{error.status_code}", "请求失败", "Request failed"
        )
    response = answer_http(request, answer)
    response.headers.update(error.headers or {})
    return response


def answer_http(request: Request, answer: Answer) -> Response:
    """A failure that has nothing more to say than what was asked for."""
    asked = f"{request.method} {request.url.path}"
    return problem(request, answer, zh=f"{answer.zh}：{asked}", en=f"{answer.en}: {asked}")


def _on_database(request: Request, _error: Exception) -> Response:
    return problem(
        request,
        DATABASE_UNAVAILABLE,
        zh="数据库忙或无法访问，请求未被处理，请稍后重试。管理员可用 /readyz 查看原因。",
        en="The database is busy or out of reach; the request was not processed. Try again shortly;"
        " the administrator sees the cause at /readyz.",
        retry_after_seconds=_RETRY_SECONDS,
    )


def _on_unexpected(request: Request, _error: Exception) -> Response:
    return problem(
        request,
        UNEXPECTED,
        zh="系统发生意外错误，请求未被处理。请联系管理员查看服务日志。",
        en="An unexpected error; the request was not processed. Ask the administrator to look at"
        " the service log.",
    )


def _error_page(
    request: Request, answer: Answer, *, zh: str, en: str, headers: Mapping[str, str]
) -> Response:
    return render(
        request,
        "error.html",
        {"answer": answer, "zh": zh, "en": en, "who": None},
        status=answer.status,
        headers=headers,
    )
