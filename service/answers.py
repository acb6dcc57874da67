"""One table turns errors into answers: status, code and title."""

from dataclasses import dataclass

from features.errors import ArchiveDamagedError, ArchiveMissingError, ArchiveOutdatedError
from law.errors import LawError, XinhengError
from service.campaigns.errors import NotYourVisitError, RoundNotDrawnError, UnknownRoundError
from service.errors import (
    FormRefusedError,
    FutureError,
    GraderBusyError,
    HomeIncompleteError,
    IdempotencyError,
    KeyEndedError,
    ListsUnusableError,
    MeasuresDamagedError,
    MeasuresMissingError,
    MeasuresTooManyError,
    MigrationNeededError,
    MissingKeyError,
    MissingScopeError,
    NoModelError,
    NotGradedError,
    NothingPublishedError,
    PublicationError,
    RunOfLaterDayError,
    RunOfOtherModelError,
    SignInNeededError,
    UnknownEnterpriseError,
    UnknownKeyError,
    UnknownKeyObjectError,
    UnknownOverrideError,
    UnknownReceiptError,
    UnknownRunError,
)


@dataclass(frozen=True)
class Answer:
    """How an error is answered: HTTP status, a stable code, and its title in two languages."""

    status: int
    code: str
    zh: str
    en: str


# The nearest class along an error's inheritance decides.
ANSWERS: dict[type[Exception], Answer] = {
    MissingKeyError: Answer(401, "missing-api-key", "缺少 API 密钥", "API key missing"),
    UnknownKeyError: Answer(401, "unknown-api-key", "API 密钥不存在", "Unknown API key"),
    KeyEndedError: Answer(401, "api-key-ended", "API 密钥已失效", "API key no longer valid"),
    SignInNeededError: Answer(401, "sign-in-needed", "需要登录", "Sign-in needed"),
    MissingScopeError: Answer(403, "missing-scope", "没有权限", "Not permitted"),
    FormRefusedError: Answer(403, "form-refused", "表单已失效", "Form no longer valid"),
    UnknownEnterpriseError: Answer(404, "unknown-enterprise", "企业不存在", "Unknown enterprise"),
    UnknownKeyObjectError: Answer(404, "unknown-key-object", "未曾提出", "Never proposed"),
    NotGradedError: Answer(404, "not-graded", "没有分级结果", "No grade"),
    NothingPublishedError: Answer(404, "nothing-published", "尚未发布分级", "Nothing published"),
    UnknownOverrideError: Answer(404, "unknown-override", "人工调整不存在", "Unknown override"),
    MeasuresMissingError: Answer(404, "no-measures", "尚未计算监管措施", "No measures yet"),
    MeasuresTooManyError: Answer(413, "too-many-rows", "超过导出上限", "Too many rows"),
    MeasuresDamagedError: Answer(503, "measures-damaged", "监管措施损坏", "Measures damaged"),
    UnknownRunError: Answer(404, "unknown-run", "批次不存在", "Unknown run"),
    PublicationError: Answer(409, "publication-conflict", "不能发布或撤回", "Cannot publish"),
    UnknownReceiptError: Answer(404, "unknown-credit-check", "核查不存在", "Unknown credit check"),
    RoundNotDrawnError: Answer(404, "round-not-drawn", "尚未抽取", "Not drawn yet"),
    NotYourVisitError: Answer(404, "not-your-visit", "没有您的检查任务", "No visit of yours"),
    UnknownRoundError: Answer(404, "unknown-round", "轮次不存在", "Unknown round"),
    IdempotencyError: Answer(409, "idempotency-conflict", "幂等键冲突", "Idempotency conflict"),
    FutureError: Answer(422, "in-the-future", "日期在未来", "In the future"),
    ListsUnusableError: Answer(503, "lists-unusable", "名单数据不可用", "Lists not usable"),
    HomeIncompleteError: Answer(503, "not-initialised", "系统尚未初始化", "Not initialised"),
    MigrationNeededError: Answer(503, "migration-needed", "数据库需要升级", "Migration needed"),
    ArchiveMissingError: Answer(503, "archive-missing", "信用档案不存在", "Archive missing"),
    ArchiveDamagedError: Answer(503, "archive-damaged", "信用档案损坏", "Archive damaged"),
    ArchiveOutdatedError: Answer(503, "archive-outdated", "信用档案须重建", "Archive outdated"),
    NoModelError: Answer(503, "no-model", "没有启用的模型", "No model in use"),
    RunOfLaterDayError: Answer(409, "run-of-later-day", "早于在用批次", "Before the run in use"),
    GraderBusyError: Answer(503, "grader-busy", "重新分级繁忙", "Re-grading is busy"),
    RunOfOtherModelError: Answer(409, "other-model", "模型已更换", "Another model"),
    LawError: Answer(500, "law-unusable", "法规参数不可用", "Law parameter not usable"),
    XinhengError: Answer(422, "unprocessable", "请求无法处理", "Request cannot be processed"),
}
DATABASE_UNAVAILABLE = Answer(503, "database-unavailable", "数据库不可用", "Database unavailable")
INVALID_REQUEST = Answer(422, "invalid-request", "请求内容不符合要求", "The request is not valid")
# What the framework itself answers.
HTTP_ANSWERS: dict[int, Answer] = {
    404: Answer(404, "not-found", "没有这个地址", "No such address"),
    405: Answer(405, "method-not-allowed", "不支持的请求方法", "Method not allowed"),
    413: Answer(413, "too-large", "请求体过大", "The body is too large"),
    415: Answer(415, "media-type", "不支持的内容类型", "Media type not supported"),
}
UNEXPECTED = Answer(500, "unexpected", "系统内部错误", "Internal error")


def answer_for(error: Exception) -> Answer:
    """The row of the table for an error: its own class, else the nearest class it inherits."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    return UNEXPECTED
