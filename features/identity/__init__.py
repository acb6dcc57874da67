"""Entity resolution: whose record a row is when it brings no credit code.

A valid credit code decides; else the registration number; else name and address by an explained
score, with a person in between (``docs/identity.md``). The door: run it, decide, apply it.
"""

from features.identity.applying import ArchiveLinks, apply_links, open_links
from features.identity.links import read_decisions
from features.identity.resolving import Resolution, resolve_identities

__all__ = [
    "ArchiveLinks",
    "Resolution",
    "apply_links",
    "open_links",
    "read_decisions",
    "resolve_identities",
]
