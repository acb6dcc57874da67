"""Check a round's evidence by computing everything again and naming what differs."""

import hashlib
from dataclasses import dataclass

from scoring.double_random.campaign import (
    ASSIGNMENT,
    COMMITMENT,
    DRAW,
    LIST,
    PUBLIC,
    SALT,
    SELECTED,
    Files,
    ReadOut,
    changed_files,
    draw_from,
    open_frozen,
)
from scoring.double_random.documents import DrawRecord, Manifest, Plan
from scoring.double_random.libraries import FROZEN_RECORD, check_frozen
from scoring.double_random.planning import FRAME, PLAN
from scoring.errors import ScoringError

MANIFEST = "evidence.json"
WORKBOOK = "list.xlsx"
_NEEDED = (PLAN, FRAME, SALT, COMMITMENT, DRAW, SELECTED, ASSIGNMENT, LIST, PUBLIC, MANIFEST)
_SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class Difference:
    """Something in `file` is not as computed; `row` counts from 1, None where none can be named."""

    file: str
    row: int | None
    zh: str
    en: str


def make_manifest(files: Files, *, round_id: str) -> bytes:
    """SHA-256 of every file of the evidence; to be written last.

    `round_id` is the round, or ``cycles-2027`` for the patrols of a year.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return Manifest(version="xinheng-draw/1", round=round_id, files=hashes).to_bytes()


def verify(files: Files) -> tuple[Difference, ...]:
    """Every difference between the evidence and what follows from it; empty when all is well.

    The first row that differs is named per file. What a forger could change consistently (the
    frame with its root) shows only against the published root and plan hash: compare those.
    """
    missing = [name for name in _NEEDED if name not in files]
    if missing:
        return tuple(_difference(name, "文件缺失", "the file is missing") for name in missing)
    return (*(_check_planned(files) or _check_drawn(files)), *check_manifest(files))


def _check_planned(files: Files) -> tuple[Difference, ...]:
    try:
        plan = Plan.read(files[PLAN], name=PLAN)
    except ScoringError as error:
        return (_difference(PLAN, error.zh, error.en),)
    changed = [
        _difference(name, "与方案中的哈希不符", "does not have the hash that the plan gives it")
        for name in changed_files(plan, files)
    ]
    return tuple(changed or _check_libraries(plan, files))


def _check_libraries(plan: Plan, files: Files) -> list[Difference]:
    """The tables of the round must follow from the libraries that were frozen with it."""
    if FROZEN_RECORD not in plan.files:
        return []
    return [_difference(FROZEN_RECORD, one.zh, one.en) for one in check_frozen(files)]


def _check_drawn(files: Files) -> tuple[Difference, ...]:
    try:
        frozen = open_frozen(files)
    except ScoringError as error:
        return (_difference(COMMITMENT, error.zh, error.en),)
    try:
        record = DrawRecord.read(files[DRAW], name=DRAW)
        read_out = ReadOut(record.randomness, record.randomness_name, record.randomness_at)
        expected = draw_from(frozen, files, read_out=read_out, drawn_at=record.drawn_at)
    except ScoringError as error:
        return (_difference(DRAW, error.zh, error.en),)
    compared = (compare_bytes(name, files[name], content) for name, content in expected.items())
    return tuple(difference for difference in compared if difference)


def compare_bytes(name: str, found: bytes, expected: bytes) -> Difference | None:
    """The first row in which a file is not as computed; None where it is."""
    if found == expected:
        return None
    left, right = found.split(b"\n"), expected.split(b"\n")
    pairs = zip(left, right, strict=False)
    row = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
    shown, wanted = (_text(lines, row) for lines in (left, right))
    return Difference(
        file=name,
        row=row + 1,
        zh=f"第 {row + 1} 行为 {shown}，复算为 {wanted}",
        en=f"row {row + 1} is {shown}, recomputed {wanted}",
    )


def check_manifest(files: Files) -> tuple[Difference, ...]:
    """Files that do not have the hash in the manifest, are not in it, or are missing."""
    try:
        manifest = Manifest.read(files[MANIFEST], name=MANIFEST)
    except ScoringError as error:
        return (_difference(MANIFEST, error.zh, error.en),)
    found = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != MANIFEST
    }
    return tuple(
        _difference(
            name,
            f"与 {MANIFEST} 记录的哈希不符、未记录或缺失",
            f"does not have the hash in {MANIFEST}, is not in it, or is missing",
        )
        for name in sorted(found.keys() | manifest.files.keys())
        if found.get(name) != manifest.files.get(name)
    )


def _difference(name: str, zh: str, en: str) -> Difference:
    return Difference(file=name, row=None, zh=zh, en=en)


def _text(lines: list[bytes], row: int) -> str:
    if row >= len(lines):
        return "（无 nothing）"
    return repr(lines[row].decode("utf-8", "replace")[:_SHOWN_CHARACTERS])
