"""Errors of the scoring room."""

from collections.abc import Sequence
from pathlib import Path

from features.messages import Message
from law.errors import XinhengError


class ScoringError(XinhengError):
    """Base of the scoring room."""


class PlanError(ScoringError, ValueError):
    """A sampling plan that may not be carried out; all its faults are listed."""


class DepartureError(ScoringError, ValueError):
    """A plan departs from a share that the law or the office's parameters set."""


class InputTableError(ScoringError, ValueError):
    """A table handed in with a plan (inspectors, avoidance, exclusions) has faulty rows."""


class FrameError(ScoringError, ValueError):
    """The library of objects can't be put into its one canonical form."""


class StratumError(ScoringError, LookupError):
    """Plan and frame do not speak of the same strata."""


class RandomnessError(ScoringError, ValueError):
    """The randomness is not a string, too weak, too early, or not the one that was announced."""


class InspectorError(ScoringError, ValueError):
    """The inspectors at hand can't make the visits as the law wants them made."""


class ChangeError(ScoringError, ValueError):
    """A reserve or a substitution without reason, for a visit that does not stand, or forged."""


class EvidenceError(ScoringError, ValueError):
    """A file of a round's evidence is missing or does not read as it should."""


class ResultsError(ScoringError, ValueError):
    """Results of a round that do not read as they should; all their faults are listed."""


class RatioError(ScoringError, ValueError):
    """Ratios to compare a round with that can't be drawn with."""


class StatutoryRuleError(ScoringError, ValueError):
    """A rule of the statutory scores names a record kind, field or indicator that is not there."""


class StatementError(ScoringError, ValueError):
    """A file of results or facts handed in has faulty rows; all its faults are listed."""


class UnknownRunError(ScoringError, LookupError):
    """There is no finished grading run of that name, or none at all."""


class MeasuresError(ScoringError, ValueError):
    """Measures cannot be planned or decided as asked; all faults are listed."""


class KeySupervisionError(ScoringError, ValueError):
    """A step of the key-supervision list cannot be taken as asked; all faults are listed."""


class LibraryError(ScoringError, ValueError):
    """Items, objects or inspectors that do not read as they should, or can't be drawn from."""


class NoCutOffsError(ScoringError, ValueError):
    """The model was saved before any population was scored, so nothing parts the grades."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"模型 {version} 没有等级分界，请用 xinheng train 重新训练",
            f"model {version} has no cut-offs between grades; train it again with xinheng train",
        )


class NoRoomError(ScoringError, RuntimeError):
    """The disk is full."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"磁盘空间不足，无法写入 {folder}。已完成的部分已保留，原有结果不受影响；"
            "请腾出空间后以相同参数再运行一次，将从中断处继续",
            f"the disk is full: cannot write to {folder}. What is finished is kept, earlier runs"
            " are as they were; make room and run the same command again: it goes on from there",
        )


class NotASuccessorError(ScoringError, ValueError):
    """An archive that did not go on from the one that a grader knows."""

    def __init__(self, build_id: str, expected: str) -> None:
        super().__init__(
            f"档案批次 {build_id} 不是在 {expected} 的基础上更新的，不能只重评有变化的企业；"
            "请重新评级全部",
            f"archive build {build_id} did not go on from {expected}, so grading only what changed "
            "would not do; grade everybody again",
        )


class CutOffsError(ScoringError, ValueError):
    """Cut-offs out of order, or none that meet what was asked."""


class RuleFileError(ScoringError, ValueError):
    """A file of grading rules cannot be used; all its faults are listed."""


class RuleStateError(ScoringError, ValueError):
    """A version of the grading rules is not in the state that an act on it needs."""


class OverrideError(ScoringError, ValueError):
    """An override cannot be proposed, approved or revoked as asked; all its faults are listed."""


def refuse_unsigned(kind: type[XinhengError], *, by: str, reason: str) -> None:
    """Raise `kind` for an act that comes without a name or a reason."""
    if not by.strip() or not reason.strip():
        raise kind("请写明经办人（--by）和理由（--reason）", "say who (--by) and why (--reason)")


def refuse(kind: type[ScoringError], faults: Sequence[Message]) -> None:
    """Raise one error that tells every fault; nothing when there is none."""
    if faults:
        raise kind("；".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults))
