"""Errors of the service; `service/answers.py` says how each is answered over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime

from features.identifiers import explain_uscc
from law.errors import XinhengError

_SHOWN = 10
_USCC_LENGTH = 18


class ServiceError(XinhengError):
    """Base of the service room."""

    retry_after_seconds: int | None = None
    pointer: str | None = None


class SettingsError(ServiceError, ValueError):
    """The environment holds values that cannot be used."""

    def __init__(self, faults: Sequence[str]) -> None:
        listed = "; ".join(faults)
        super().__init__(
            f"环境变量的取值不能使用：{listed}", f"These settings cannot be used: {listed}"
        )


class HomeIncompleteError(ServiceError, LookupError):
    """A file that `xinheng init` makes is not there."""

    def __init__(self, path: object) -> None:
        super().__init__(
            f"缺少文件 {path}。请先运行 xinheng init。", f"{path} is missing. Run: xinheng init"
        )


class MigrationNeededError(ServiceError, RuntimeError):
    """The database is older or newer than this program."""

    def __init__(self, found: str | None, expected: str) -> None:
        super().__init__(
            f"数据库版本为 {found or '空'}，本程序需要 {expected}。请运行 xinheng migrate。",
            f"The database is at revision {found or 'none'}, this program needs {expected}."
            " Run: xinheng migrate",
        )


class AddressError(ServiceError, ValueError):
    """The service cannot listen where it was told to."""

    def __init__(self, host: str, port: int, *, reason: str) -> None:
        super().__init__(
            f"无法监听 {host}:{port}（{reason}）。请换一个 --host 或 --port。",
            f"Cannot listen on {host}:{port} ({reason}). Choose another --host or --port.",
        )


class MissingKeyError(ServiceError, LookupError):
    """No API key came with the request."""

    def __init__(self) -> None:
        super().__init__(
            "请求没有携带 API 密钥。请在请求头 X-API-Key 中提供密钥（xinheng key create 签发）。",
            "The request carries no API key. Send it in the X-API-Key header"
            " (issued with: xinheng key create).",
        )


class UnknownKeyError(ServiceError, LookupError):
    """The API key was never issued."""

    def __init__(self) -> None:
        super().__init__(
            "API 密钥不存在。请核对密钥，或向管理员申请新的密钥（xinheng key create）。",
            "The API key is unknown. Check it, or ask the administrator for a new one"
            " (xinheng key create).",
        )


class KeyEndedError(ServiceError, ValueError):
    """The API key has expired or was revoked."""

    def __init__(self, key_id: str, *, ended_at: datetime, revoked: bool) -> None:
        day = ended_at.date()
        zh, en = ("被吊销", "revoked") if revoked else ("到期", "out of date")
        super().__init__(
            f"API 密钥 {key_id} 已于 {day} {zh}。请向管理员申请新的密钥。",
            f"API key {key_id} is {en} since {day}. Ask the administrator for a new one.",
        )


class MissingScopeError(ServiceError, ValueError):
    """The API key may not do this."""

    def __init__(self, key_id: str, *, scope: str) -> None:
        super().__init__(
            f"API 密钥 {key_id} 没有权限 {scope}。请向管理员申请带有该权限的密钥。",
            f"API key {key_id} lacks the scope {scope}. Ask the administrator for a key with it.",
        )


class KeyRefusedError(ServiceError, ValueError):
    """A key cannot be issued or revoked as asked."""


class SignInNeededError(ServiceError, LookupError):
    """A console page was asked for without a sign-in."""

    def __init__(self) -> None:
        super().__init__("请先登录。", "Sign in first.")


class FormRefusedError(ServiceError, ValueError):
    """A form came without its token: another site may have sent it."""

    def __init__(self) -> None:
        super().__init__(
            "表单已失效，未作任何更改。请返回页面刷新后重新提交。",
            "The form is no longer valid; nothing was changed. Reload the page and submit again.",
        )


class ExportFormatError(ServiceError, ValueError):
    """A file was asked for in a format that is not written."""

    def __init__(self, name: str, suffixes: Sequence[str]) -> None:
        super().__init__(
            f"不能写出“{name}”：文件名应以 {'、'.join(suffixes)} 结尾",
            f'cannot write "{name}": its name must end in {" or ".join(suffixes)}',
        )


class UnknownEnterpriseError(ServiceError, LookupError):
    """No enterprise of that identifier is in the archive."""

    def __init__(self, enterprise_id: str) -> None:
        # Registers without such codes have identifiers of their own, of any other length.
        is_code = len(enterprise_id) == _USCC_LENGTH
        fault = explain_uscc(enterprise_id) if is_code else None
        super().__init__(
            f"信用档案中没有 {enterprise_id}。"
            + (f"{fault.zh}。" if fault else "请核对代码；新设立的企业须先归集登记信息。"),
            f"There is no credit archive of {enterprise_id}. "
            + (
                f"{fault.en[:1].upper()}{fault.en[1:]}."
                if fault
                else "Check the code; a new enterprise appears once its registration is collected."
            ),
        )


class NotGradedError(ServiceError, LookupError):
    """The enterprise is known, but the published run holds no grade of it."""

    def __init__(self, enterprise_id: str, *, run_id: str, as_of: date) -> None:
        super().__init__(
            f"{enterprise_id} 不在批次 {run_id}（截至 {as_of}）的分级范围内，"
            "例如已注销或当时尚未登记。",
            f"{enterprise_id} has no grade in run {run_id} (as of {as_of}), for instance because it"
            " was deregistered or not yet registered on that day.",
        )


class NothingPublishedError(ServiceError, LookupError):
    """No grading run has been published yet."""

    def __init__(self) -> None:
        super().__init__(
            "尚未发布任何分级批次。请先运行 xinheng score --as-of 日期。",
            "No grading run is published yet. Run: xinheng score --as-of DAY",
        )


class NoModelError(ServiceError, LookupError):
    """No model is in use yet."""

    def __init__(self, models_dir: object) -> None:
        super().__init__(
            f"{models_dir} 中还没有启用的模型。请先运行 xinheng train --last-known 日期；"
            "若已有收到的模型，请用 xinheng model list 查看并用 xinheng model promote 启用。",
            f"No model is in use in {models_dir}. Run: xinheng train --last-known DAY; or, where "
            "one was received: xinheng model list, then xinheng model promote",
        )


class RunOfOtherModelError(ServiceError, ValueError):
    """The run in use was graded by another model: one grade of this one would not compare."""

    def __init__(self, run_id: str, graded_by: str, in_use: str) -> None:
        super().__init__(
            f"在用批次 {run_id} 由模型 {graded_by[:12]} 评定，而现用模型为 {in_use[:12]}，"
            "两者的等级不可比。请先用现用模型为全部企业分级：xinheng score --as-of 日期",
            f"The run in use, {run_id}, was graded by model {graded_by[:12]}; the model in use now"
            f" is {in_use[:12]}, and their grades do not compare. Grade everybody with it first:"
            " xinheng score --as-of DAY",
        )


class RunOfLaterDayError(ServiceError, ValueError):
    """A day before that of the run in use: its grades would be replaced by older ones."""

    def __init__(self, run_id: str, *, run_as_of: date, as_of: date) -> None:
        super().__init__(
            f"在用批次 {run_id} 的截至日期为 {run_as_of}，不能用更早的 {as_of} 重新分级。请改为"
            "不早于批次的日期；要查看过去的等级，请用 xinheng score --as-of 日期 --no-publish",
            f"The run in use, {run_id}, is as of {run_as_of}; {as_of} is before it. Choose a later"
            " day; for grades of the past: xinheng score --as-of DAY --no-publish",
        )


class GraderBusyError(ServiceError, TimeoutError):
    """Other requests had the warm grader for too long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"重新分级正忙，等待 {seconds} 秒仍未轮到，本次未作任何更改。请稍后重试；"
            "多户请用 xinheng regrade --changed",
            f"Re-grading is busy: no turn within {seconds} seconds, nothing was changed. Try again"
            " later; for many enterprises: xinheng regrade --changed",
        )


class RunUnusableError(ServiceError, ValueError):
    """The folder of a run cannot be published."""


class UnknownRunError(ServiceError, LookupError):
    """There is no run of that name."""

    def __init__(self, run_id: str, *, known: Sequence[str]) -> None:
        listed = "、".join(known[:_SHOWN]) or "无 none"
        super().__init__(
            f"没有分级批次 {run_id}，现有：{listed}（xinheng runs list）",
            f"There is no run {run_id}; known: {listed} (xinheng runs list)",
        )


class PublicationError(ServiceError, ValueError):
    """A run cannot be published or withdrawn as asked."""


class JournalDamagedError(ServiceError, ValueError):
    """A line of an append-only register is not what was written."""

    def __init__(self, path: object, *, line: int) -> None:
        super().__init__(
            f"登记文件 {path} 第 {line} 行无法读取，可能被改动。请从备份恢复该文件。",
            f"Line {line} of the register {path} cannot be read; it may have been changed. "
            "Restore the file from a backup.",
        )


class MeasuresDamagedError(ServiceError, ValueError):
    """Measures that were worked out for a run cannot be read."""

    def __init__(self, folder: object, run_id: str) -> None:
        super().__init__(
            f"{folder} 中的监管措施无法读取。请重新运行 xinheng measures compute --run {run_id}。",
            f"The measures in {folder} cannot be read. Run again:"
            f" xinheng measures compute --run {run_id}",
        )


class MeasuresNotKeptError(ServiceError, RuntimeError):
    """Measures that were worked out cannot be written."""

    def __init__(self, folder: object, run_id: str, *, reason: object) -> None:
        super().__init__(
            f"监管措施无法写入 {folder}（{reason}），原有结果不受影响。请检查磁盘空间和权限，"
            f"再运行 xinheng measures compute --run {run_id}。",
            f"The measures cannot be written to {folder} ({reason}); what was kept is as it was."
            f" Check the disk and rights, then run: xinheng measures compute --run {run_id}",
        )


class MeasuresTooManyError(ServiceError, ValueError):
    """More rows than one Excel file of the console holds."""

    def __init__(self, rows: int, *, most: int) -> None:
        super().__init__(
            f"共 {rows:,} 户，超过一次导出的上限 {most:,} 户。请选定辖区，"
            "或用 xinheng measures plan --out 计划.xlsx。",
            f"{rows:,} enterprises are more than the {most:,} of one export. Choose a district,"
            " or use: xinheng measures plan --out PLAN.xlsx",
        )


class MeasuresMissingError(ServiceError, LookupError):
    """Nothing was worked out for the run in use."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"批次 {run_id} 尚未计算监管措施。请运行 xinheng measures compute --run {run_id}。",
            f"No measures were worked out for the run {run_id}."
            f" Run: xinheng measures compute --run {run_id}",
        )


class UnknownKeyObjectError(ServiceError, LookupError):
    """An enterprise that was never put forward for key supervision."""

    def __init__(self, enterprise_id: str) -> None:
        super().__init__(
            f"企业 {enterprise_id} 未曾提出为重点监管对象（xinheng key-supervision list）。",
            f"{enterprise_id} was never proposed for key supervision"
            " (xinheng key-supervision list).",
        )


class UnknownOverrideError(ServiceError, LookupError):
    """There is no override of that number."""

    def __init__(self, override_id: str) -> None:
        super().__init__(
            f"没有编号为 {override_id} 的人工调整（xinheng override list）",
            f"There is no override {override_id} (xinheng override list)",
        )


class UnknownReceiptError(ServiceError, LookupError):
    """No credit check of that number."""

    def __init__(self, check_id: str) -> None:
        super().__init__(
            f"没有编号为 {check_id} 的信用核查。请核对编号。",
            f"There is no credit check {check_id}. Check the number.",
        )


class IdempotencyError(ServiceError, ValueError):
    """An Idempotency-Key is used for something else than the first time."""


class BrokenChainError(ServiceError, ValueError):
    """Receipts were changed or taken out."""

    def __init__(self, numbers: Sequence[str]) -> None:
        listed = ", ".join(numbers[:_SHOWN])
        super().__init__(
            f"{len(numbers)} 份回执与哈希链不符，可能被改动或删除：{listed}。请从备份核对。",
            f"{len(numbers)} receipt(s) do not fit the hash chain and may have been changed or"
            f" removed: {listed}. Compare with a backup.",
        )


class FutureError(ServiceError, ValueError):
    """A question about a day or an instant that has not come."""

    def __init__(self, name: str, *, value: object, now: object) -> None:
        super().__init__(
            f"{name}（{value}）晚于现在（{now}），无法核查未来。请改为不晚于现在的取值，或不填。",
            f"{name} ({value}) lies after now ({now}); the future cannot be checked. Give a value"
            " that is not later, or leave it out.",
        )
        self.pointer = f"#/{name}"


class ListsUnusableError(ServiceError, RuntimeError):
    """The lists were never loaded or are too old: no decision can be given."""

    def __init__(self, *, loaded_at: str | None, maximum_age_hours: int) -> None:
        if loaded_at is None:
            zh, en = "名单数据尚未载入", "The lists have not been loaded"
        else:
            zh = f"名单数据载入于 {loaded_at}，已超过允许的 {maximum_age_hours} 小时"
            en = f"The lists were loaded at {loaded_at}, more than {maximum_age_hours} hours ago"
        super().__init__(
            f"{zh}，不能作出核查结论。请运行 xinheng refresh-lists 后重试。",
            f"{en}; no decision was reached. Run: xinheng refresh-lists, then ask again.",
        )
        self.retry_after_seconds = 300
