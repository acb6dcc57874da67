"""What an office does with its grading rules, with disk, law and clock attached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

import law
from law import NATIONWIDE
from models.rating.cutoffs import CutOffs
from scoring.errors import RuleStateError, refuse_unsigned
from scoring.grading import GradingPolicy, Rules
from scoring.grading.cut_offs import CutOffVersion, choose
from scoring.grading.inputs import OVERRIDES
from scoring.grading.reports import Report, describe_manifest, simulation_report
from scoring.grading.rule_files import RuleFile, read_rule_file
from scoring.grading.rule_history import PROPOSED, SIMULATED, check_act, in_force
from scoring.grading.simulation import NEEDED, Simulation, simulate_change
from service.errors import RunUnusableError
from service.grades.folders import RunFolder, find_run, read_run, run_names
from service.grading_rules import store
from service.grading_rules.simulations import keep_simulation
from service.grading_rules.store import RuleVersion
from service.journal import Act, append_act
from service.settings import Settings


@dataclass(frozen=True)
class Tried:
    """A simulation with the run it was made on, and how it reads."""

    run_id: str
    simulation: Simulation
    report: Report


def propose(
    settings: Settings, path: Path, *, by: str, at: datetime, run_id: str | None = None
) -> RuleVersion:
    """Make a version of the rules from a file; cut-offs are chosen on a run, the newest by default.

    Raises
    ------
    scoring.errors.RuleFileError
        With every fault of the file.
    scoring.errors.CutOffsError, UnknownRunError, RunUnusableError
        Cut-offs are asked for that cannot be, or on a run that is not there.
    """
    asked = read_rule_file(path, direct_rules=frozenset(direct_rule_names(settings)))
    return propose_rules(settings, asked, by=by, at=at, run_id=run_id)


def direct_rule_names(settings: Settings) -> dict[str, str]:
    """The direct rules that the law ever had: key and Chinese name."""
    known = law.parameter("grading.direct_determination", overlay=settings.law_overlay).values
    return {rule["key"]: rule["zh"] for value in known for rule in value.value or ()}


def propose_rules(
    settings: Settings, asked: RuleFile, *, by: str, at: datetime, run_id: str | None = None
) -> RuleVersion:
    """The same of rules that were read already, from a form for instance.

    Raises
    ------
    scoring.errors.CutOffsError, UnknownRunError, RunUnusableError
        As :func:`propose`.
    """
    refuse_unsigned(RuleStateError, by=by, reason=asked.reason)
    signed = {"by": by.strip(), "at": at.isoformat(), "reason": asked.reason}
    run = _run(settings, run_id) if asked.cut_offs else None

    def make(acts: Sequence[Act]) -> Act:
        names = [act["version"] for act in acts]
        version = store.next_name("R", settings.grading_rules_dir, names)
        base = store.policy_of(settings, in_force(acts))
        chosen = _chosen(settings, asked, run, signed=signed) if run else None
        made = RuleVersion(
            version=version,
            cut_offs_version=chosen.version if chosen else base.cut_offs_version,
            changes=_merged(base.changes, asked.changes),
            **signed,
        )
        store.write_version(settings, made, chosen)
        return {"version": version, "act": PROPOSED, **signed}

    act = append_act(store.history_path(settings), make)
    return store.read_version(settings, act["version"])


def simulate(
    settings: Settings, version: str, *, by: str, at: datetime, run_id: str | None = None
) -> Tried:
    """Try a version on a run, the newest by default; keep what was found and note that it was.

    Raises
    ------
    scoring.errors.RuleStateError
        There is no such version, or the run does not hold what rules ask.
    UnknownRunError, RunUnusableError
    """
    reason = "规则模拟"
    acts = store.read_acts(settings)
    check_act(acts, kind=SIMULATED, version=version, by=by, reason=reason)
    run = _run(settings, run_id)
    found = _simulate(settings, run, store.policy_of(settings, version))
    facts = [
        ("规则版本 rules", version),
        *describe_manifest(run.manifest)[:2],
        *_policy_facts(settings, version),
    ]
    report = simulation_report(found, facts=facts)
    keep_simulation(settings, version, found, report=report, run=run.manifest, by=by, at=at)
    append_act(
        store.history_path(settings),
        lambda _acts: {
            "version": version,
            "act": SIMULATED,
            "by": by.strip(),
            "at": at.isoformat(),
            "reason": reason,
            "run_id": run.run_id,
            "riskier": found.movement.riskier,
            "safer": found.movement.safer,
            "visits_before": round(sum(found.visits_before.values())),
            "visits_after": round(sum(found.visits_after.values())),
        },
    )
    return Tried(run.run_id, found, report)


def act_on(
    settings: Settings, version: str, *, kind: str, by: str, reason: str, at: datetime
) -> str | None:
    """Approve, publish or withdraw a version; returns the version in force afterwards.

    Raises
    ------
    scoring.errors.RuleStateError
        Its state does not allow that, or its proposer would approve it.
    """

    def make(acts: Sequence[Act]) -> Act:
        check_act(acts, kind=kind, version=version, by=by, reason=reason)
        store.policy_of(settings, version)  # a damaged version is not published
        return {
            "version": version,
            "act": kind,
            "by": by.strip(),
            "at": at.isoformat(),
            "reason": reason.strip(),
        }

    append_act(store.history_path(settings), make)
    return in_force(store.read_acts(settings))


def _run(settings: Settings, run_id: str | None) -> RunFolder:
    """The run of that name; without one, the newest by as-of day that is whole."""
    if run_id is not None:
        return find_run(settings.runs_dir, run_id)
    for name in run_names(settings.runs_dir):
        try:
            return read_run(settings.runs_dir / name)
        except RunUnusableError:
            continue
    raise RunUnusableError(
        f"{settings.runs_dir} 中没有可用的分级批次。请先运行 xinheng score --as-of 日期",
        f"{settings.runs_dir} has no usable run. First run xinheng score --as-of DAY",
    )


def _chosen(
    settings: Settings, asked: RuleFile, run: RunFolder, *, signed: Mapping[str, str]
) -> CutOffVersion:
    """A new version of the cut-offs, chosen on a run as the file asks."""
    wish = asked.cut_offs or {}
    cut_offs = choose(
        wish,
        run.grades(["probability"])["probability"].to_numpy(),
        as_of=run.as_of,
        ratios=_law(settings, run, "double_random.sampling_ratio_per_mille"),
        shares=_law(settings, run, "grading.target_shares_per_mille"),
    )
    return CutOffVersion(
        version=store.next_name("C", settings.cut_offs_dir),
        wish=wish,
        run_id=run.run_id,
        model_version=run.manifest["model_version"],
        cut_offs=cut_offs,
        **signed,
    )


def _simulate(settings: Settings, run: RunFolder, policy: GradingPolicy) -> Simulation:
    region = run.manifest.get("region", NATIONWIDE)
    rules = Rules.of(run.law_on, region=region, overlay=settings.law_overlay)
    return simulate_change(
        run.grades(NEEDED),
        cut_offs=policy.cut_offs or _own_cut_offs(run),
        rules=rules.changed(policy.changes),
        overrides=pa.Table.from_pylist(run.manifest.get("overrides", []), schema=OVERRIDES),
        ratios=_law(settings, run, "double_random.sampling_ratio_per_mille"),
        bands=_law(settings, run, "grading.capital_bands_cny"),
    )


def _law(settings: Settings, run: RunFolder, name: str) -> Any:
    """A value of the run's day and region, the office's own laid over the package's."""
    region = run.manifest.get("region", NATIONWIDE)
    return law.value(name, on=run.law_on, region=region, overlay=settings.law_overlay)


def _own_cut_offs(run: RunFolder) -> CutOffs:
    """The model's own, from a run that used them."""
    used = (run.manifest.get("policy") or {}).get("cut_offs_version")
    if used is not None or "cut_offs" not in run.manifest:
        raise RunUnusableError(
            f"该规则使用模型自带的分界，而批次 {run.run_id} 用的是 {used}；请先按现行规则重新运行 "
            "xinheng score，或用 --run 指定另一批次",
            f"these rules take the model's own cut-offs, but the run {run.run_id} used {used}; "
            "run xinheng score again under the rules in force, or name another --run",
        )
    return CutOffs.from_dict(run.manifest["cut_offs"])


def _policy_facts(settings: Settings, version: str) -> list[tuple[str, str]]:
    rules = store.read_version(settings, version)
    facts = [("提出 proposed", f"{rules.by} {rules.at[:10]}：{rules.reason}")]
    if rules.cut_offs_version:
        cut = store.read_cut_offs(settings, rules.cut_offs_version)
        bounds = f"B ≥ {cut.cut_offs.b:.4f}，C ≥ {cut.cut_offs.c:.4f}，D ≥ {cut.cut_offs.d:.4f}"
        facts.append(("等级分界 cut-offs", f"{cut.version}（{cut.wish['chosen_by']}）：{bounds}"))
    return facts + [(f"变更 {name}", str(value)) for name, value in rules.changes.items()]


def _merged(base: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is in force with what is asked over it; switches of single rules are kept."""
    merged = {**base, **asked}
    for name in ("direct_rules", "floor"):
        if name in base and name in asked:
            merged[name] = {**base[name], **asked[name]}
    return merged
