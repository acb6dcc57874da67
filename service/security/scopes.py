"""What an API key may be allowed to do."""

from enum import StrEnum


class Scope(StrEnum):
    """One right of an API key; the value is what `xinheng key create --scope` takes."""

    CREDIT_CHECKS_WRITE = "credit-checks:write"
    CREDIT_CHECKS_READ = "credit-checks:read"
    GRADES_READ = "grades:read"
    GRADES_WRITE = "grades:write"
    CAMPAIGNS_READ = "campaigns:read"
    CONSOLE = "console"
    OVERRIDES_WRITE = "overrides:write"
    RULES_WRITE = "rules:write"
    VISITS_WRITE = "visits:write"
    MEASURES_WRITE = "measures:write"


MEANINGS: dict[Scope, tuple[str, str]] = {
    Scope.CREDIT_CHECKS_WRITE: ("发起信用核查", "ask for credit checks"),
    Scope.CREDIT_CHECKS_READ: ("查阅信用核查回执", "read receipts of credit checks"),
    Scope.GRADES_READ: ("查阅风险等级（内部参考）", "read risk grades (internal aid)"),
    Scope.GRADES_WRITE: ("事件后重新分级", "grade an enterprise again after an event"),
    Scope.CAMPAIGNS_READ: ("查阅抽查名单", "read sampling lists"),
    Scope.CONSOLE: ("登录控制台", "sign in to the console"),
    Scope.VISITS_WRITE: ("录入和公示检查结果", "enter and publish results of visits"),
    Scope.MEASURES_WRITE: (
        "办理重点监管对象：确认、告知、复核",
        "act on the key-supervision list",
    ),
    Scope.OVERRIDES_WRITE: ("提出和审批人工调整", "propose and approve overrides of grades"),
    Scope.RULES_WRITE: (
        "提出、批准和施行等级规则",
        "act on versions of the grading rules",
    ),
}
