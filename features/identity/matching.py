"""Rows without a credit code against the register: who is it, how sure, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.identifiers import explain_registration_number
from features.identity.candidates import candidate_pairs
from features.identity.parts import with_parts
from features.identity.rules import IdentityRules
from features.identity.scores import AGREEMENTS, score_pairs

BLOCK_ROWS = 5_000
METHOD_NUMBER, METHOD_NAME = "registration_no", "name_address"
_PARTS = (
    *("whole", "core", "form", "branch", "has_area"),
    *("address_text", "address_key", "house", "district"),
)
_ASKED = ("temporary_id", "registration_no", "event_on")


@dataclass(frozen=True)
class Matches:
    """What was found.

    `automatic`: one row a temporary identity, with ``enterprise_id``, ``score``, ``method`` and
    ``reason``. `queue`: one row per (identity, candidate), best first (``rank`` from 1), with the
    register's name and address, the scores and ``reasons_zh``, ``reasons_en``. `unmatched`: the
    identities with no candidate worth a person's time.
    """

    automatic: pd.DataFrame
    queue: pd.DataFrame
    unmatched: pd.DataFrame


def match(
    identities: pd.DataFrame,
    register: pd.DataFrame,
    *,
    rules: IdentityRules,
    refused: pd.DataFrame,
    progress: Callable[[int, int], None] | None = None,
) -> Matches:
    """Match identities with the register: registration number first, then name and address.

    Parameters
    ----------
    identities
        One row each: ``temporary_id``, ``name``, ``address``, ``registration_no`` (texts, "" where
        missing), ``event_on`` (first event, may be null).
    register
        As :func:`features.identity.register.read_register` gives it.
    refused
        Pairs ``temporary_id``, ``enterprise_id`` that a person refused or took back. They are not
        offered again, and their identities are never linked without a person.
    """
    register = with_parts(register.reset_index(drop=True), rules=rules)
    asked = with_parts(identities.reset_index(drop=True), rules=rules)
    best = []
    for start in range(0, max(len(asked), 1), BLOCK_ROWS):
        block = asked.iloc[start : start + BLOCK_ROWS].reset_index(drop=True)
        best.append(_best_of(block, register, rules=rules, refused=refused))
        if progress is not None:
            progress(min(start + BLOCK_ROWS, len(asked)), len(asked))
    ranked = pd.concat(best, ignore_index=True)
    return _decide(asked, ranked, rules=rules, refused=refused)


def _best_of(
    asked: pd.DataFrame, register: pd.DataFrame, *, rules: IdentityRules, refused: pd.DataFrame
) -> pd.DataFrame:
    """The best entry of each enterprise for each row, the offered number of them, ranked."""
    by_name = candidate_pairs(asked, register, rules=rules).assign(number_equal=False)
    pairs = pd.concat([_by_number(asked, register), by_name], ignore_index=True)
    pairs = pairs.drop_duplicates(["asked", "entry"])  # the number's row comes first and stays
    pairs = _filled(pairs, asked, register)
    shut = pd.MultiIndex.from_frame(refused[["temporary_id", "enterprise_id"]])
    offered = pd.MultiIndex.from_frame(pairs[["temporary_id", "enterprise_id"]])
    scored = score_pairs(pairs[~offered.isin(shut)], rules=rules)
    order = ["temporary_id", "number_equal", "score", "is_former", "enterprise_id"]
    scored = scored.sort_values(order, ascending=[True, False, False, True, True])
    scored = scored.drop_duplicates(["temporary_id", "enterprise_id"])
    rank = scored.groupby("temporary_id").cumcount() + 1
    return scored.assign(rank=rank)[rank <= rules.offered]


def _by_number(asked: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    left = asked.loc[asked["registration_no"] != "", ["registration_no"]]
    right = register.loc[register["registration_no"] != "", ["registration_no"]]
    left, right = left.assign(asked=left.index), right.assign(entry=right.index)
    pairs = left.merge(right, on="registration_no")[["asked", "entry"]]
    return pairs.assign(number_equal=True)


def _filled(pairs: pd.DataFrame, asked: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the columns of both sides."""
    left = asked.loc[pairs["asked"], [*_PARTS, *_ASKED]].reset_index(drop=True)
    names = [*_PARTS, "enterprise_id", "name", "address", "status", "held_from", "held_until"]
    right = register.loc[pairs["entry"], [*names, "is_former"]].reset_index(drop=True)
    right = right.rename(columns={name: f"{name}_r" for name in _PARTS})
    filled = pd.concat([pairs.reset_index(drop=True), left, right], axis=1)
    on = filled["event_on"]
    began = (on >= filled["held_from"]) | on.isna()
    ended = (on > filled["held_until"]) & filled["held_until"].notna()
    return filled.assign(held_then=began & ~ended, number_doubtful=_doubtful(filled))


def _doubtful(pairs: pd.DataFrame) -> Any:
    """Whether the number that agrees has a wrong length or check digit: a warning, no refusal."""
    numbers = pairs["registration_no"].where(pairs["number_equal"], "")
    odd = [text for text in numbers.unique() if text and explain_registration_number(text)]
    return numbers.isin(odd)


def _decide(
    asked: pd.DataFrame, ranked: pd.DataFrame, *, rules: IdentityRules, refused: pd.DataFrame
) -> Matches:
    limits = rules.thresholds
    first = ranked[ranked["rank"] == 1].set_index("temporary_id")
    second = ranked[ranked["rank"] == 2].set_index("temporary_id")
    gap = first["score"] - second["score"].reindex(first.index).fillna(0)
    numbered = ranked.groupby("temporary_id")["number_equal"].sum().reindex(first.index)
    # A number is enough unless name or place contradict it; a row may have no name at all.
    named = (first["name_score"] >= limits.registration_no_name) | (first["whole"] == "")
    elsewhere = first["area_differs"] | (first["branch_differs"] & (first["whole"] != ""))
    by_number = (numbered == 1) & named & ~elsewhere
    by_name = (first["score"] >= limits.automatic) & (gap >= limits.margin)
    by_name &= (first["name_score"] >= limits.automatic_name) & (numbered == 0)
    free = ~first.index.isin(refused["temporary_id"])
    sure = first[(by_number | by_name) & free]
    ranked = _told(ranked, rules)
    # The very name, or the number, always deserves a look.
    looked_at = (ranked["score"] >= limits.queue) | ranked["number_equal"] | ranked["name_equal"]
    worth = ranked[looked_at]
    queue = worth[~worth["temporary_id"].isin(sure.index)]
    done = pd.concat([sure.index.to_series(), queue["temporary_id"]])
    return Matches(
        automatic=_automatic(ranked[ranked["temporary_id"].isin(sure.index)]),
        queue=_with_identity(queue, asked),
        unmatched=asked[~asked["temporary_id"].isin(done)],
    )


def _automatic(ranked: pd.DataFrame) -> pd.DataFrame:
    first = ranked[ranked["rank"] == 1]
    method = np.where(first["number_equal"], METHOD_NUMBER, METHOD_NAME)
    columns = ["temporary_id", "enterprise_id", "score", "reasons_zh", "reasons_en"]
    return first[columns].assign(method=method).reset_index(drop=True)


def _with_identity(queue: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    given = ["temporary_id", "name", "address", "registration_no"]
    found = queue.drop(columns="registration_no").rename(
        columns={"name": "candidate_name", "address": "candidate_address"}
    )
    merged = asked[given].merge(found, on="temporary_id")
    columns = [*given, "rank", "enterprise_id", "candidate_name", "candidate_address", "status"]
    columns += ["score", "name_score", "address_score", "reasons_zh", "reasons_en"]
    return merged[columns].sort_values(["temporary_id", "rank"], ignore_index=True)


def _told(ranked: pd.DataFrame, rules: IdentityRules) -> pd.DataFrame:
    """The reasons in words: what agrees, then what was deducted."""
    words = dict(AGREEMENTS)
    for label, deduction in rules.deductions.items():
        minus = f"（-{deduction.points:g}）", f" (-{deduction.points:g})"
        words[label] = (deduction.why.zh + minus[0], deduction.why.en + minus[1])
    zh = pd.Series("", index=ranked.index, dtype=object)
    en = pd.Series("", index=ranked.index, dtype=object)
    for label, (chinese, english) in words.items():
        said = ranked[label].to_numpy(dtype=bool)
        zh = zh + np.where(said, f"{chinese}；", "")
        en = en + np.where(said, f"{english}; ", "")
    return ranked.assign(reasons_zh=zh.str.rstrip("；"), reasons_en=en.str.rstrip("; "))
