"""Which names of the register are worth comparing with a row: those that share rare keys with it.

Keys are the pairs of neighbouring characters of a name's core, the whole core, and street with
house number. Never all pairs: a key that thousands share is not followed.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.identity.rules import IdentityRules
from features.identity.text import code_points

_CHARACTER_BITS = 21
_WHOLE_CORE, _ADDRESS = np.int64(1) << 60, np.int64(1) << 61


def keys_of(cores: pd.Series, addresses: pd.Series, *, codes: dict[str, Any]) -> pd.DataFrame:
    """The keys of every row: columns ``row`` (its place) and ``key``, each pair once.

    `codes` maps whole cores and address keys to numbers, see :func:`shared_codes`.
    """
    points, owner = code_points(pa.array(cores, pa.string()))
    inner = (points[:-1] != 0) & (points[1:] != 0)
    pairs = (points[:-1] << _CHARACTER_BITS) | points[1:]
    blocks = [(owner[:-1][inner], pairs[inner])]
    for values, name, mark in ((cores, "core", _WHOLE_CORE), (addresses, "address", _ADDRESS)):
        places = codes[name].get_indexer(values)
        known = np.flatnonzero(places >= 0)
        blocks.append((known, places[known].astype(np.int64) | mark))
    frame = pd.DataFrame(
        {
            "row": np.concatenate([b[0] for b in blocks]),
            "key": np.concatenate([b[1] for b in blocks]),
        }
    )
    return frame.drop_duplicates()


def shared_codes(cores: pd.Series, addresses: pd.Series) -> dict[str, Any]:
    """Numbers for the register's distinct cores and address keys; empty texts have none."""
    return {
        name: pd.Index(values[values != ""].unique())
        for name, values in (("core", cores), ("address", addresses))
    }


def candidate_pairs(
    asked: pd.DataFrame, register: pd.DataFrame, *, rules: IdentityRules
) -> pd.DataFrame:
    """Pairs to compare: columns ``asked`` and ``entry`` (places in the two tables).

    Of each row's keys the rarest are followed, as many as lead to `rules.compared` names.

    Parameters
    ----------
    asked, register
        With columns ``core`` and ``address_key``.
    """
    codes = shared_codes(register["core"], register["address_key"])
    index = keys_of(register["core"], register["address_key"], codes=codes).sort_values("key")
    found, starts, counts = np.unique(index["key"], return_index=True, return_counts=True)
    wanted = keys_of(asked["core"], asked["address_key"], codes=codes)
    place = np.minimum(np.searchsorted(found, wanted["key"]), max(len(found) - 1, 0))
    known = found[place] == wanted["key"] if len(found) else np.zeros(len(wanted), dtype=bool)
    wanted = wanted[known].assign(start=starts[place[known]], shared=counts[place[known]])
    wanted = wanted[wanted["shared"] <= rules.key_ceiling].sort_values(["row", "shared", "key"])
    so_far = wanted.groupby("row")["shared"].cumsum()
    wanted = wanted[(so_far <= rules.compared) | (so_far == wanted["shared"])]
    entries = index["row"].to_numpy()[_spans(wanted["start"], wanted["shared"])]
    rows = np.repeat(wanted["row"].to_numpy(), wanted["shared"])
    return pd.DataFrame({"asked": rows, "entry": entries}).drop_duplicates(ignore_index=True)


def _spans(starts: Any, lengths: Any) -> Any:
    """The numbers start, start + 1, ... of every span, one after the other."""
    starts, lengths = np.asarray(starts, np.int64), np.asarray(lengths, np.int64)
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
