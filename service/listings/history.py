"""What was known about every listing, and from when until when."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from features.catalogue import SUPERSEDED_AT

_KEY = ["enterprise_id", "list_name", "decision_no"]
_LISTED = ["listed_on", "ground_code", "authority", "source"]
_REMOVED = ["removed_on", "removal_decision_no", "removal_known_at"]
_LISTING_GONE, _REMOVAL_GONE = "listing_withdrawn", "removal_withdrawn"
COLUMNS = [*_KEY, "known_at", "superseded_at", *_LISTED, *_REMOVED]


@dataclass(frozen=True)
class ListingHistory:
    """`states` has one row a state of knowledge about a listing (COLUMNS).

    `unpaired_removals` counts removals that name a listing nobody reported, or name none and fit
    none or several: they end nothing, so a listing stays until somebody says which one was meant.
    """

    states: pd.DataFrame
    unpaired_removals: int


def listing_history(entries: pa.Table) -> ListingHistory:
    """Pair listings with removals by ``listing_decision_no``.

    Parameters
    ----------
    entries
        Records of kind ``list_entry``, all versions.

    Returns
    -------
    ListingHistory
        Whatever became known about a listing (it itself, a corrected version, its removal, that
        one of them was withdrawn) ends the state before it. A removal known earlier than its
        listing counts from the listing on. A listing withdrawn has no state from then on; with its
        removal withdrawn it stands again.
    """
    frame = entries.to_pandas().rename(columns={"list": "list_name"})
    # A version that was superseded at the very instant it became known was never known.
    ever_known = frame[SUPERSEDED_AT].isna() | (frame[SUPERSEDED_AT] > frame["known_at"])
    frame = frame[ever_known]
    gone = frame["is_withdrawn"].eq(True)
    frame = frame.assign(**{_LISTING_GONE: gone, _REMOVAL_GONE: gone})
    listings = frame[frame["action"] == "listing"].rename(columns={"event_on": "listed_on"})
    removals = frame[frame["action"] == "removal"].rename(
        columns={"event_on": "removed_on", "decision_no": "removal_decision_no"}
    )
    paired, unpaired = _pair(removals, listings)
    removed = removals.assign(decision_no=paired, removal_known_at=removals["known_at"])
    events = pd.concat(
        [
            listings[[*_KEY, "known_at", *_LISTED, _LISTING_GONE]].assign(order=0),
            removed.dropna(subset=["decision_no"])[
                [*_KEY, "known_at", *_REMOVED, _REMOVAL_GONE]
            ].assign(order=1),
        ],
        ignore_index=True,
    )
    return ListingHistory(states=_states(events), unpaired_removals=unpaired)


def _pair(removals: pd.DataFrame, listings: pd.DataFrame) -> tuple[pd.Series, int]:
    """The listing decision that every removal ends; by elimination where none is named."""
    named = removals["listing_decision_no"]
    silent = removals[named.isna()].reset_index()[
        ["index", "enterprise_id", "list_name", "removed_on"]
    ]
    known = listings[[*_KEY, "listed_on"]].drop_duplicates()
    candidates = silent.merge(known, on=["enterprise_id", "list_name"])
    candidates = candidates[candidates["listed_on"] <= candidates["removed_on"]]
    candidates = candidates.drop_duplicates(["index", "decision_no"])
    only = candidates[~candidates["index"].duplicated(keep=False)]
    paired = named.fillna(only.set_index("index")["decision_no"])
    ends = removals[["enterprise_id", "list_name"]].assign(decision_no=paired)
    found = ends.merge(known[_KEY].drop_duplicates(), on=_KEY)
    return paired, len(removals) - len(found)


def _states(events: pd.DataFrame) -> pd.DataFrame:
    events = events.sort_values([*_KEY, "known_at", "order"], kind="stable")
    groups = events.groupby(_KEY, sort=False, dropna=False)
    filled = events[[*_KEY, "known_at"]].copy()
    # A later version says everything anew: take the newest listing row and the newest removal row
    # as wholes, so that a field which a correction emptied does not come back.
    said = ((0, [*_LISTED, _LISTING_GONE]), (1, [*_REMOVED, _REMOVAL_GONE]))
    for order, columns in said:
        place = pd.Series(range(len(events)), index=events.index).where(events["order"] == order)
        newest = place.groupby([events[key] for key in _KEY], sort=False).ffill()
        known = newest.notna()
        rows = newest[known].astype(int)
        for column in columns:
            values = events[column].to_numpy()[rows]
            filled.loc[known, column] = pd.Series(values, index=events.index[known])
    filled["superseded_at"] = groups["known_at"].shift(-1)
    lasting = filled["superseded_at"].isna() | (filled["superseded_at"] > filled["known_at"])
    for column in _REMOVED:
        filled[column] = filled[column].mask(filled[_REMOVAL_GONE].eq(True), None)
    states = filled[lasting & filled["listed_on"].notna() & filled[_LISTING_GONE].ne(True)]
    return states[COLUMNS].reset_index(drop=True)
