"""Boosted trees of one indicator each, collapsed to a scorecard without loss."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learning.scorecard import Scorecard, StepFunction

# LightGBM calls a number zero within this bound (1e-35 as a 32-bit float).
_ZERO = float(np.float32(1e-35))
# A dump writes an infinite threshold (present on one side, missing on the other) as this.
_INFINITY = 1e300
_BELOW_ZERO = float(np.nextafter(-_ZERO, -np.inf))

Node = Mapping[str, Any]


def collapse(booster: Any, names: Sequence[str]) -> Scorecard:
    """Read every tree of a LightGBM booster at one point of each bin, and add them up.

    Between two neighbouring thresholds no tree can change its answer, so its values at the bins'
    right edges, above the last threshold and at missing are all there is to know.

    Raises
    ------
    ValueError
        A tree mixes two indicators; such a model has no points table.
    """
    trees: dict[int, list[Node]] = {position: [] for position in range(len(names))}
    intercept = 0.0
    for info in booster.dump_model()["tree_info"]:
        root = info["tree_structure"]
        used = {int(node["split_feature"]) for node in _splits(root)}
        if len(used) > 1:
            raise ValueError(f"a tree mixes indicators {sorted(names[i] for i in used)}")
        if used:
            trees[used.pop()].append(root)
        else:
            intercept += float(root.get("leaf_value", 0.0))
    return Scorecard(intercept, {name: _step(trees[i]) for i, name in enumerate(names)})


def split_edges(booster: Any, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Where the trees of a booster split each indicator that they look at, ascending."""
    found: dict[str, set[float]] = {}
    for info in booster.dump_model()["tree_info"]:
        for place, edges in tree_edges(info["tree_structure"]).items():
            found.setdefault(names[place], set()).update(edges)
    return {name: np.array(sorted(found[name])) for name in names if name in found}


def tree_edges(root: Node) -> dict[int, list[float]]:
    """The indicators that a tree looks at, by position: the values at which its answer may change.

    Ascending; none where it only asks whether the value is missing.
    """
    found: dict[int, set[float]] = {}
    for node in _splits(root):
        edges = found.setdefault(int(node["split_feature"]), set())
        threshold = _threshold(node)
        if np.isfinite(threshold):
            edges.add(threshold)
        if node["missing_type"] == "Zero":  # zero is then a bin of its own
            edges |= {_BELOW_ZERO, _ZERO}
    return {place: sorted(edges) for place, edges in found.items()}


def _step(trees: Sequence[Node]) -> StepFunction:
    found = [edge for tree in trees for edges in tree_edges(tree).values() for edge in edges]
    edges = np.unique(found).astype(np.float64)
    points = np.concatenate([edges, [np.inf, np.nan]])
    total = np.zeros(len(points))
    for tree in trees:
        total += _walk(tree, points)
    return StepFunction(edges, total[:-1], float(total[-1])).merged()


def _splits(node: Node) -> Iterator[Node]:
    if "split_feature" in node:
        yield node
        yield from _splits(node["left_child"])
        yield from _splits(node["right_child"])


def _threshold(node: Node) -> float:
    threshold = float(node["threshold"])
    if abs(threshold) >= _INFINITY:
        return float(np.copysign(np.inf, threshold))
    # Just below zero it moves a hair, for LightGBM reads -1e-35 itself as zero.
    return _BELOW_ZERO if -_ZERO <= threshold < 0 else threshold


def _walk(node: Node, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The tree's value at each point, routed as LightGBM routes it."""
    if "split_feature" not in node:
        return np.full(len(points), float(node["leaf_value"]))
    if node["decision_type"] != "<=":
        raise ValueError(f"unknown decision {node['decision_type']!r} in a tree")
    missing = np.isnan(points)
    # Where training saw no missing value, LightGBM reads a missing one as zero.
    x = points if node["missing_type"] == "NaN" else np.where(missing, 0.0, points)
    left = x <= _threshold(node)
    if node["missing_type"] == "Zero":
        missing = np.abs(x) <= _ZERO
    if node["missing_type"] != "None":
        left = np.where(missing, bool(node["default_left"]), left)
    return np.where(left, _walk(node["left_child"], points), _walk(node["right_child"], points))
