"""How well rows without a code are matched, on a SIMULATED register with planted variants."""

import pandas as pd
import pytest

from features.identity.matching import Matches, match
from features.identity.rules import identity_rules
from tests.features.named_register import named_register, unidentified_rows

NOBODY = pd.DataFrame({"temporary_id": [], "enterprise_id": []}, dtype=object)


@pytest.fixture(scope="module")
def judged() -> tuple[pd.DataFrame, Matches]:
    """2,000 rows against 5,000 enterprises, and the truth."""
    register = named_register(5_000, seed=20261122)
    asked = unidentified_rows(register, 2_000, seed=7)
    return asked, match(asked, register.entries, rules=identity_rules(), refused=NOBODY)


def test_automatic_matches_are_right(judged: tuple[pd.DataFrame, Matches]) -> None:
    asked, found = judged
    told = found.automatic.merge(asked[["temporary_id", "truth"]], on="temporary_id")
    assert len(told) > 1_000
    assert (told["truth"] == told["enterprise_id"]).mean() >= 0.995


def test_the_true_enterprise_is_linked_or_offered(judged: tuple[pd.DataFrame, Matches]) -> None:
    asked, found = judged
    offered = pd.concat([found.automatic, found.queue])[["temporary_id", "enterprise_id"]]
    told = offered.merge(asked[["temporary_id", "truth"]], on="temporary_id")
    right = set(told.loc[told["truth"] == told["enterprise_id"], "temporary_id"])
    known = asked[asked["truth"] != ""]
    assert known["temporary_id"].isin(right).mean() >= 0.95
    assert found.queue["rank"].max() == identity_rules().offered


def test_every_row_ends_in_one_place(judged: tuple[pd.DataFrame, Matches]) -> None:
    asked, found = judged
    places = [
        set(frame["temporary_id"]) for frame in (found.automatic, found.queue, found.unmatched)
    ]
    assert sum(map(len, places)) == len(set().union(*places)) == len(asked)


def test_a_slip_of_the_pen_asks_a_person(judged: tuple[pd.DataFrame, Matches]) -> None:
    asked, found = judged
    sure = asked[asked["temporary_id"].isin(found.automatic["temporary_id"])]
    assert not sure["variant"].isin(["typo", "moved", "stranger", "stranger_there"]).any()


def test_a_refused_pair_is_not_offered_again_nor_linked() -> None:
    register = named_register(300, seed=1)
    asked = unidentified_rows(register, 60, seed=2)
    asked = asked[asked["variant"] == "traditional"].head(2)
    refused = asked.rename(columns={"truth": "enterprise_id"})[["temporary_id", "enterprise_id"]]
    found = match(asked, register.entries, rules=identity_rules(), refused=refused)
    assert found.automatic.empty
    pairs = found.queue.merge(refused, on=["temporary_id", "enterprise_id"])
    assert pairs.empty


def test_reasons_say_what_agrees() -> None:
    register = named_register(300, seed=1)
    entry = register.entries.iloc[0]
    asked = pd.DataFrame(
        {
            "temporary_id": ["~1"],
            "name": [entry["name"]],
            "address": [""],
            "registration_no": [entry["registration_no"]],
            "event_on": [pd.Timestamp("2024-01-01")],
        }
    )
    (row,) = match(
        asked, register.entries, rules=identity_rules(), refused=NOBODY
    ).automatic.to_dict("records")
    assert row["method"] == "registration_no"
    assert "注册号一致" in row["reasons_zh"]
    assert "名称一致" in row["reasons_zh"]
    assert "一方没有地址（-5）" in row["reasons_zh"]
