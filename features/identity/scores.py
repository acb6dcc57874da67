"""How well a row and a name of the register agree, and why: the score an official can recompute."""

from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from features.identity.rules import IdentityRules

# What agrees, as an official reads it.
AGREEMENTS = {
    "name_equal": ("名称一致", "same name"),
    "core_equal": ("字号及行业词一致", "same core of the name"),
    "address_equal": ("地址一致", "same address"),
    "house_equal": ("街路门牌一致", "same street and house number"),
    "area_equal": ("区县一致", "same district"),
    "number_equal": ("注册号一致", "same registration number"),
    "number_doubtful": ("该注册号校验位不符，请核对", "its check digit does not fit"),
    "former": ("曾用名称或地址", "a former name or address"),
}


def score_pairs(pairs: pd.DataFrame, *, rules: IdentityRules) -> pd.DataFrame:
    """Scores of pairs, row by row.

    Parameters
    ----------
    pairs
        The parts of both sides in columns, the register's with the suffix ``_r``: ``whole``,
        ``core``, ``form``, ``branch``, ``has_area``, ``address_text``, ``address_key``, ``house``,
        ``district``; besides ``number_equal``, ``number_doubtful``, ``is_former``, ``held_then``.

    Returns
    -------
    `pairs` with ``name_score``, ``address_score`` (null: not comparable), ``score``, and
    one boolean column for every agreement and deduction.
    """
    found = pairs.copy()
    found["name_score"] = _name_scores(found, rules)
    found["address_score"] = _address_scores(found, rules)
    flags = {**_agreements(found), **_deductions(found)}
    found = found.assign(**flags)
    whole = rules.name_weight + rules.address_weight
    name, address = found["name_score"], found["address_score"]
    both = (rules.name_weight * name + rules.address_weight * address) / whole
    score = both.where(address.notna(), name)
    for label, deduction in rules.deductions.items():
        score = score - deduction.points * found[label].to_numpy()
    return found.assign(score=score.clip(0, 100).round(1))


def _similar(left: Any, right: Any, scorer: Any = fuzz.ratio) -> Any:
    """Similarity of each pair of texts; equal ones are not computed."""
    left, right = np.asarray(left, object), np.asarray(right, object)
    if not len(left):
        return np.zeros(0)
    return process.cpdist(left.tolist(), right.tolist(), scorer=scorer, workers=-1).astype(float)


def _name_scores(pairs: pd.DataFrame, rules: IdentityRules) -> Any:
    scores = _similar(pairs["core"], pairs["core_r"])
    shorter = np.minimum(pairs["core"].str.len(), pairs["core_r"].str.len())
    # A sign often bears a part of the registered name.
    partly = np.flatnonzero(
        (shorter >= rules.short_form_characters) & (scores < rules.short_form) & (scores > 0)
    )
    part = pairs.iloc[partly]
    inside = _similar(part["core"], part["core_r"], fuzz.partial_ratio) * rules.short_form / 100
    scores[partly] = np.maximum(scores[partly], inside)
    return scores


def _address_scores(pairs: pd.DataFrame, rules: IdentityRules) -> Any:
    scores = _similar(pairs["address_text"], pairs["address_text_r"])
    differ = (
        (pairs["house"] != pairs["house_r"]) & (pairs["house"] != "") & (pairs["house_r"] != "")
    )
    scores = np.where(differ, np.minimum(scores, rules.house_differs_cap), scores)
    missing = (pairs["address_text"] == "") | (pairs["address_text_r"] == "")
    return np.where(missing, np.nan, scores)


def _agreements(pairs: pd.DataFrame) -> dict[str, Any]:
    return {
        "name_equal": (pairs["whole"] == pairs["whole_r"]) & (pairs["whole"] != ""),
        "core_equal": (pairs["core"] == pairs["core_r"]) & (pairs["core"] != ""),
        "address_equal": (pairs["address_text"] == pairs["address_text_r"])
        & (pairs["address_text"] != ""),
        "house_equal": (pairs["address_key"] == pairs["address_key_r"])
        & (pairs["address_key"] != ""),
        "area_equal": (pairs["district"] == pairs["district_r"]) & (pairs["district"] != ""),
        "former": pairs["is_former"],
    }


def _deductions(pairs: pd.DataFrame) -> dict[str, Any]:
    both_forms = (pairs["form"] != "") & (pairs["form_r"] != "")
    both_districts = (pairs["district"] != "") & (pairs["district_r"] != "")
    missing = pairs["address_score"].isna()
    return {
        "address_missing": missing,
        "area_missing": missing & ~pairs["has_area"],
        "branch_differs": pairs["branch"] != pairs["branch_r"],
        "form_differs": both_forms & (pairs["form"] != pairs["form_r"]),
        "area_differs": both_districts & (pairs["district"] != pairs["district_r"]),
        "not_held_then": ~pairs["held_then"],
    }
