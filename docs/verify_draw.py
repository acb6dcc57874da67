"""Independent check of a draw: python3 verify_draw.py FOLDER [PUBLISHED_ROOT PUBLISHED_PLAN_HASH]

Python's standard library only, nothing of Xinheng. Recomputes commitment, seed, tickets and
selection, checks the rules for inspectors, and prints OK or the first thing that differs.
"""

import csv
import hashlib
import json
import sys
from datetime import datetime
from itertools import zip_longest
from pathlib import Path


def same(where, found, computed):
    if found != computed:
        sys.exit(f"不符 DIFFERS {where}: {str(found)[:200]} | 复算 computed: {str(computed)[:200]}")


def sha(content):
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def merkle_root(level):  # RFC 9162 section 2.1.1: the last node of an odd level moves up as it is
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[len(level) - len(level) % 2 :]
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0].hex()


def check_draw(raw, plan, commitment, draw, published):
    # 1. The plan commits to its files; the root commits to the frame.
    for name in {"frame.txt", "objects.parquet", "inspectors.csv", "avoidance.csv", *plan["files"]}:
        same(f"{name} SHA-256", sha(raw[name]), plan["files"].get(name))
    rows = raw["frame.txt"].split(b"\n")[:-1]
    codes = [row.split(b"\x1f")[0] for row in rows]
    same("frame.txt, in order and each code once", codes, sorted(set(codes)))
    key = raw["salt.txt"].strip() + b"\x1f"
    salted = [sha(key + code).encode() + row for code, row in zip(codes, rows, strict=True)]
    root = merkle_root([hashlib.sha256(b"\0" + leaf).digest() for leaf in salted])
    hashes = [root, sha(raw["plan.json"])]
    same("commitment.json", [commitment["frame_root"], commitment["plan_hash"]], hashes)
    same("published root and plan hash", published, hashes[: len(published)])
    # 2. The randomness is a string and came after the freeze; everything together is the seed.
    for name in ("version", "round", "randomness_name"):
        same(f"{name} in commitment, draw", [commitment[name], draw[name]], [plan[name]] * 2)
    same("draw.json, randomness is a string", type(draw["randomness"]), str)
    instants = (commitment["frozen_at"], draw["randomness_at"], draw["drawn_at"])
    frozen, came, drawn = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in instants)
    same("draw.json, freeze < randomness <= draw", frozen < came <= drawn, True)
    seed = sha("\x1f".join(("xinheng-draw/1", plan["round"], *hashes, draw["randomness"])))
    same("draw.json seed", draw["seed"], seed)
    # 3. The n smallest tickets of every stratum are drawn, the next ones stand by.
    strata, counts, lines = {}, [], ["uscc,stratum,rank,role,ticket"]
    for code, stratum in (row.decode("ascii").split("\x1f") for row in rows):
        strata.setdefault(stratum, []).append((sha(f"{seed}\x1f{code}"), code))
    for cell in plan["strata"]:
        name, ranked = cell["stratum"], sorted(strata.pop(cell["stratum"], []))
        size = len(ranked)
        same(f"plan.json population of {name}", cell["population"], size)
        n = min(size, max(cell["floor"], -(-cell["ratio_per_mille"] * size // 1000)))
        more = min(size - n, -(-plan["reserve_per_mille"] * n // 1000))
        counts.append({"stratum": name, "population": size, "drawn": n, "reserves": more})
        for rank, (ticket, code) in enumerate(ranked[: n + more], start=1):
            lines.append(f"{code},{name},{rank},{'drawn' if rank <= n else 'reserve'},{ticket}")
    same("strata plan.json lacks; draw.json strata", [[*strata], draw["strata"]], [[], counts])
    found = raw["selected.csv"].decode().split("\n")
    for row, pair in enumerate(zip_longest(found, [*lines, ""]), start=1):
        same(f"selected.csv row {row}", *pair)
    return {row[0]: row[4] for row in (line.split(",") for line in lines) if row[3] == "drawn"}


def check_visits(raw, plan, visits, listed, drawn):  # two or more, certified, none to keep away
    tables = (raw[name].decode().split("\n") for name in ("inspectors.csv", "avoidance.csv"))
    people, banned = (list(csv.DictReader(table)) for table in tables)
    until = {p["inspector_id"]: p["certificate_no"] and p["certificate_valid_to"] for p in people}
    banned = {(row["inspector_id"], row["uscc"]) for row in banned}
    teams = {visit["uscc"]: visit["inspectors"] for visit in visits}
    for code, team in teams.items():
        fit = {p for p in team if until[p] >= plan["task_from"] and (p, code) not in banned}
        same(f"assignment.json {code}", (len(fit) >= 2, sorted(fit)), (True, sorted(team)))
    found = [(x["uscc"], x["ticket"], [p["inspector_id"] for p in x["inspectors"]]) for x in listed]
    same("list.json", sorted(found), sorted((code, drawn[code], teams[code]) for code in drawn))
    same("assignment.json, enterprises", sorted(teams), sorted(drawn))


if __name__ == "__main__":
    sys.excepthook = lambda kind, error, _: print("不符 DIFFERS", kind.__name__, error)
    files = [path for path in Path(sys.argv[1]).iterdir() if path.name != "results.parquet"]
    raw = {path.name: path.read_bytes() for path in files}
    read = {name: json.loads(raw[name]) for name in raw if name.endswith(".json")}
    plan, draw, visits = read["plan.json"], read["draw.json"], read["assignment.json"]["visits"]
    drawn = check_draw(raw, plan, read["commitment.json"], draw, sys.argv[2:4])
    check_visits(raw, plan, visits, read["list.json"]["objects"], drawn)
    hashes = {name: sha(raw[name]) for name in sorted(raw) if name != "evidence.json"}
    same("evidence.json", read["evidence.json"]["files"], hashes)
    print("OK", plan["round"], "drawn", len(drawn), "seed", draw["seed"])
