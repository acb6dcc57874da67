"""What an office publishes of a drawn round, with proofs, and what it keeps.

Public: counts by area, root, seed, names of the drawn, and for each of them the hash of its leaf
with the way to the root. Not public: grades, strata, the salts that would open a leaf, inspectors.

Where seed and register are both public, anybody can compute every ticket, and a firm drawn with a
large ticket beside undrawn firms with small ones stands in a stratum with a higher ratio. A
guarded pack therefore publishes SHA-256 of seed and plan hash in their place and keeps tickets
back; auditors and the enterprises concerned check those (docs/decisions/0012).
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from scoring.double_random.campaign import (
    COMMITMENT,
    PUBLIC,
    SALT,
    SELECTED,
    Files,
    drawn_rows,
    open_frozen,
)
from scoring.double_random.commitment import frame_proofs, row_salt
from scoring.double_random.documents import canonical_json
from scoring.double_random.frame import Frame
from scoring.errors import EvidenceError

DRAWN_TABLE = "drawn.csv"
PROOFS = "proofs.json"
README = "README.txt"
SUMS = "SHA256SUMS"
_CLOSED = ("seed", "plan_hash")

_README = """{round} 双随机抽查公布材料 / publication of a double-random draw

public.json     根值、随机数、各辖区户数、抽中名单 / root, randomness, counts by area, the drawn
drawn.csv       抽中企业{ticket_zh} / the drawn{ticket_en}
proofs.json     每户抽中企业在抽样框中的证明 / proof that each of them stands in the frozen frame
commitment.json 抽签前公布的承诺 / what was published before the randomness existed
SHA256SUMS      校验：sha256sum -c SHA256SUMS

信用风险分级不公布，本材料不含等级。
Grades are not published; nothing here holds one.
{check}"""
_CHECK_OPEN = """
复算任一企业的票号 / recompute the ticket of any enterprise:
    printf '%s\\x1f%s' {seed} 统一社会信用代码USCC | sha256sum
复算种子 / recompute the seed:
    printf 'xinheng-draw/1\\x1f%s\\x1f%s\\x1f%s\\x1f%s' {round} {frame_root} \\
        {plan_hash} '{randomness}' | sha256sum
"""
_CHECK_CLOSED = """
种子和方案哈希只公布其 SHA-256，由审计人员和有关企业核验。
Seed and plan hash are published as their SHA-256; auditors and enterprises concerned check them.
"""


def make_pack(files: Files, *, guarded: bool = False) -> dict[str, bytes]:
    """The files of the publication pack of a drawn round, by name.

    `guarded` puts SHA-256 of seed and plan hash in their place and leaves out tickets and the
    commitment that would give the plan hash away.

    Raises
    ------
    EvidenceError, FrameError, StratumError
        The evidence is not whole, or does not belong together.
    """
    frozen = open_frozen(files)
    if PUBLIC not in files or SELECTED not in files:
        raise EvidenceError("本轮尚未抽取", "The round is not drawn yet")
    public: dict[str, Any] = json.loads(files[PUBLIC])
    tickets = {row["uscc"]: row["ticket"] for row in drawn_rows(files)}
    if guarded:
        public = {name: _closed(name, value) for name, value in public.items()}
    pack = {
        PUBLIC: canonical_json(public),
        DRAWN_TABLE: _drawn_table(public["drawn"], {} if guarded else tickets),
        PROOFS: _proofs(files, frozen.frame, sorted(tickets), root=frozen.commitment.frame_root),
        README: _readme(public, guarded=guarded),
    }
    if not guarded:
        pack[COMMITMENT] = files[COMMITMENT]
    return pack | {SUMS: _sums(pack)}


def open_row(files: Files, uscc: str) -> dict[str, Any]:
    """What opens one leaf: for the enterprise itself and for auditors, since it holds the stratum.

    Raises
    ------
    EvidenceError
        The enterprise does not stand in the frame.
    """
    frozen = open_frozen(files)
    salt_key = files[SALT].decode().strip()
    rows = _rows_of(frozen.frame, [uscc])
    if uscc not in rows:
        raise EvidenceError(
            f"抽样框中没有企业 {uscc}", f"Enterprise {uscc} does not stand in the frame"
        )
    frame, row = frozen.frame, rows[uscc]
    (proof,) = frame_proofs(frame, [row], salt_key=salt_key)
    return {
        "uscc": uscc,
        "stratum": frame.stratum_names[int(frame.stratum_codes[row])],
        "salt": row_salt(salt_key, uscc),
        "index": proof.index,
        "leaf": proof.leaf,
        "path": list(proof.path),
        "frame_root": frozen.commitment.frame_root,
    }


def _closed(name: str, value: Any) -> Any:
    return {"sha256": hashlib.sha256(value.encode()).hexdigest()} if name in _CLOSED else value


def _drawn_table(drawn: list[dict[str, str]], tickets: Mapping[str, str]) -> bytes:
    sink = io.StringIO()
    columns = ["uscc", "name", "area_code", *(["ticket"] if tickets else [])]
    writer = csv.DictWriter(sink, columns, lineterminator="\n")
    writer.writeheader()
    for row in drawn:
        writer.writerow(row | ({"ticket": tickets[row["uscc"]]} if tickets else {}))
    return sink.getvalue().encode()


def _proofs(files: Files, frame: Frame, usccs: list[str], *, root: str) -> bytes:
    rows = _rows_of(frame, usccs)
    salt_key = files[SALT].decode().strip()
    proofs = frame_proofs(frame, [rows[uscc] for uscc in usccs], salt_key=salt_key)
    entries = [
        {"uscc": uscc, "index": proof.index, "leaf": proof.leaf, "path": list(proof.path)}
        for uscc, proof in zip(usccs, proofs, strict=True)
    ]
    return canonical_json({"frame_root": root, "frame_rows": len(frame), "proofs": entries})


def _rows_of(frame: Frame, usccs: list[str]) -> dict[str, int]:
    """Numbers of rows by enterprise; those that the frame lacks are left out."""
    wanted = pa.array([uscc.encode() for uscc in usccs], pa.large_binary())
    found = pc.index_in(wanted, value_set=frame.codes).to_pylist()
    return {uscc: row for uscc, row in zip(usccs, found, strict=True) if row is not None}


def _readme(public: Mapping[str, Any], *, guarded: bool) -> bytes:
    check = _CHECK_CLOSED if guarded else _CHECK_OPEN.format(**public)
    text = _README.format(
        round=public["round"],
        ticket_zh="" if guarded else "及票号",
        ticket_en="" if guarded else " with their tickets",
        check=check,
    )
    kept = [line for line in text.splitlines() if not (guarded and line.startswith(COMMITMENT))]
    return ("\n".join(kept) + "\n").encode()


def _sums(pack: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(pack[name]).hexdigest()}  {name}\n" for name in sorted(pack))
    return "".join(lines).encode()
