"""Independent check of a draw: python3 verify_draw.py FOLDER [PUBLISHED_ROOT PUBLISHED_PLAN_HASH]

Python's standard library only. Recomputes everything, prints OK or the first thing that differs.
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
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in pairs] + level[
            len(level) & ~1 :
        ]
    return level[0].hex()


def check_draw(raw, plan, commitment, draw, published):
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
    said = [[x[n] for n in ("version", "round", "randomness_name")] for x in (commitment, draw)]
    same("commitment, draw", said, [[plan["version"], plan["round"], plan["randomness_name"]]] * 2)
    instants = (commitment["frozen_at"], draw["randomness_at"], draw["drawn_at"])
    frozen, came, drawn = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in instants)
    same("draw.json, freeze < randomness <= draw", frozen < came <= drawn, True)
    seed = sha("\x1f".join(("xinheng-draw/1", plan["round"], *hashes, draw["randomness"])))
    same("draw.json seed", draw["seed"], seed)
    # 3. The n smallest tickets of every stratum are drawn, the next ones stand by.
    strata, counts, lines, items = {}, [], ["uscc,stratum,rank,role,ticket"], {}
    for code, stratum in (row.decode("ascii").split("\x1f") for row in rows):
        strata.setdefault(stratum, []).append((sha(f"{seed}\x1f{code}"), code))
    for cell in plan["strata"]:
        name, ranked = cell["stratum"], sorted(strata.pop(cell["stratum"], []))
        same(f"plan.json population of {name}", cell["population"], size := len(ranked))
        upto = {i: max(cell["floor"], -(-r * size // 1000)) for i, r in cell["item_ratios"].items()}
        n = min(size, max(upto.values()))
        more = min(size - n, -(-plan["reserve_per_mille"] * n // 1000))
        counts.append({"stratum": name, "population": size, "drawn": n, "reserves": more})
        for rank, (ticket, code) in enumerate(ranked[: n + more], start=1):
            lines.append(f"{code},{name},{rank},{'drawn' if rank <= n else 'reserve'},{ticket}")
            items[code] = ticket, [i for i in plan["items"] if upto.get(i, 0) >= rank]
    same("strata plan.json lacks; draw.json strata", [[*strata], draw["strata"]], [[], counts])
    found = raw["selected.csv"].decode().split("\n")
    for row, pair in enumerate(zip_longest(found, [*lines, ""]), start=1):
        same(f"selected.csv row {row}", *pair)
    return {code: items[code] for code in (x.split(",")[0] for x in lines if ",drawn," in x)}


def check_visits(raw, plan, visits, listed, drawn):  # two or more, certified, none to keep away
    names = ("inspectors.csv", "avoidance.csv")
    rows, banned = (list(csv.DictReader(raw[name].decode().split("\n"))) for name in names)
    until = {p["inspector_id"]: p["certificate_no"] and p["certificate_valid_to"] for p in rows}
    unit = {p["inspector_id"]: p["unit"] for p in rows}
    banned = {(row["inspector_id"], row["uscc"]) for row in banned}
    teams = {visit["uscc"]: visit["inspectors"] for visit in visits}
    for code, team in teams.items():
        fit = {p for p in team if until[p] >= plan["task_from"] and (p, code) not in banned}
        same(f"assignment.json {code}", (len(fit) >= 2, sorted(fit)), (True, sorted(team)))
        sent = {rule["department"] for rule in plan["item_rules"] if rule["item"] in drawn[code][1]}
        same(f"assignment.json {code} lacks", sent - {"", *(unit[p] for p in team)}, set())
    same("assignment.json, enterprises", sorted(teams), sorted(drawn))
    ids = [[p["inspector_id"] for p in x["inspectors"]] for x in listed]
    found = [(x["uscc"], x["ticket"], x["items"], *i) for x, i in zip(listed, ids, strict=True)]
    same("list.json", sorted(found), sorted((code, *drawn[code], *teams[code]) for code in drawn))


if __name__ == "__main__":
    sys.excepthook = lambda kind, error, _: print("不符 DIFFERS", kind.__name__, error)
    raw = {path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir() if path.is_file()}
    read = {name: json.loads(raw[name]) for name in raw if name.endswith(".json")}
    plan, draw, visits = read["plan.json"], read["draw.json"], read["assignment.json"]["visits"]
    drawn = check_draw(raw, plan, read["commitment.json"], draw, sys.argv[2:4])
    check_visits(raw, plan, visits, read["list.json"]["objects"], drawn)
    hashes = {name: sha(raw[name]) for name in {*raw} - {"evidence.json", "results.parquet"}}
    same("evidence.json", read["evidence.json"]["files"], hashes)
    print("OK", plan["round"], "drawn", len(drawn), "seed", draw["seed"])
