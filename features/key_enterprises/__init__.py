"""The list of key enterprises (重点领域企业清单): by rules, by hand, in numbered editions.

The door: build a list, keep editions, reconcile, label (``docs/key_enterprises.md``).
"""

from features.key_enterprises.editions import (
    Edition,
    build_edition,
    get_edition,
    list_editions,
    read_changes,
    read_list,
)
from features.key_enterprises.reconciliation import reconcile
from features.key_enterprises.rules import build_key_list
from features.key_enterprises.types import KeyType, key_types

__all__ = [
    "Edition",
    "KeyType",
    "build_edition",
    "build_key_list",
    "get_edition",
    "key_types",
    "list_editions",
    "read_changes",
    "read_list",
    "reconcile",
]
