"""The life of a version of the rules, read from its acts: proposed, simulated, approved, published.

The history only grows. Publishing puts a version above the one in force; withdrawing it returns to
what was in force before, in the end to model and law.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from features.names import same_person
from scoring.errors import RuleStateError, refuse_unsigned

PROPOSED, SIMULATED, APPROVED = "proposed", "simulated", "approved"
PUBLISHED, SUPERSEDED, WITHDRAWN = "published", "superseded", "withdrawn"
STATES = {
    PROPOSED: ("已提出", "proposed"),
    SIMULATED: ("已模拟", "simulated"),
    APPROVED: ("已批准", "approved"),
    PUBLISHED: ("施行中", "in force"),
    SUPERSEDED: ("已被替代", "superseded"),
    WITHDRAWN: ("已撤回", "withdrawn"),
}
# Which states an act may start from.
_FROM = {
    SIMULATED: (PROPOSED, SIMULATED, APPROVED, PUBLISHED, SUPERSEDED),
    APPROVED: (SIMULATED,),
    PUBLISHED: (APPROVED,),
    WITHDRAWN: (PROPOSED, SIMULATED, APPROVED, PUBLISHED, SUPERSEDED),
}
_NEXT = {
    PROPOSED: "xinheng rules simulate {version}",
    SIMULATED: "xinheng rules approve {version} --by 姓名 --reason 理由",
    APPROVED: "xinheng rules publish {version} --by 姓名 --reason 理由",
}

Act = Mapping[str, Any]


def states(acts: Iterable[Act]) -> dict[str, str]:
    """The state of every version, in the order they were proposed."""
    found: dict[str, str] = {}
    chain: list[str] = []
    for act in acts:
        version, kind = act["version"], act["act"]
        if kind == PUBLISHED:
            found.update(dict.fromkeys(chain, SUPERSEDED))
            chain.append(version)
        if kind == WITHDRAWN and version in chain:
            chain.remove(version)
        if kind != SIMULATED or found[version] == PROPOSED:
            found[version] = kind
        if chain:
            found[chain[-1]] = PUBLISHED
    return found


def in_force(acts: Iterable[Act]) -> str | None:
    """The version in force; None where model and law decide."""
    return next((version for version, state in states(acts).items() if state == PUBLISHED), None)


def state_of(acts: Sequence[Act], version: str) -> str:
    """The state of one version.

    Raises
    ------
    RuleStateError
        It was never proposed.
    """
    known = states(acts)
    if version not in known:
        raise RuleStateError(
            f"没有规则版本 {version}，现有：{'、'.join(known) or '无'}（xinheng rules list）",
            f"there is no version {version} of the rules; known: {', '.join(known) or 'none'} "
            "(xinheng rules list)",
        )
    return known[version]


def may_follow(state: str, kind: str) -> bool:
    """Whether a version in a state may be acted on so, by somebody who may."""
    return state in _FROM[kind]


def check_act(acts: Sequence[Act], *, kind: str, version: str, by: str, reason: str) -> None:
    """Refuse an act that the state of the version, or who does it, does not allow.

    Raises
    ------
    RuleStateError
    """
    state = state_of(acts, version)
    refuse_unsigned(RuleStateError, by=by, reason=reason)
    if state not in _FROM[kind]:
        hint = _NEXT.get(state, "xinheng rules list").format(version=version)
        raise RuleStateError(
            f"规则 {version} 的状态为{STATES[state][0]}，不能{_VERBS[kind][0]}；下一步：{hint}",
            f"the rules {version} are {STATES[state][1]} and cannot be {_VERBS[kind][1]}; "
            f"next: {hint}",
        )
    proposer = next(act["by"] for act in acts if act["version"] == version)
    if kind == APPROVED and same_person(by, proposer):
        raise RuleStateError(
            f"规则 {version} 由 {proposer} 提出，须由另一人批准",
            f"the rules {version} were proposed by {proposer}; somebody else must approve them",
        )


_VERBS = {
    SIMULATED: ("模拟", "simulated"),
    APPROVED: ("批准", "approved"),
    PUBLISHED: ("发布", "published"),
    WITHDRAWN: ("撤回", "withdrawn"),
}
