"""A register that only grows: one JSON object a line, written whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from law.files import write_atomically


def read_register(path: Path) -> list[dict[str, Any]]:
    """Every entry, oldest first; none where nothing was ever written."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]


def append_entries(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Add entries behind the others, all or none; the caller holds the folder's lock."""
    before = path.read_bytes() if path.is_file() else b""
    lines = "".join(json.dumps(dict(entry), ensure_ascii=False) + "\n" for entry in entries)
    write_atomically(path, before + lines.encode("utf-8"))
