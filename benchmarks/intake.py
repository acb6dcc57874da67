"""Intake at scale: rows a second and peak memory: `python -m benchmarks.intake --gigabytes 1`.

Writes a SIMULATED penalty ledger in the layout of ``city_penalties`` with 1 % faulty rows into a
temporary folder, imports it in a process of its own, and reads the same file with bare pyarrow in
another. Both processes are new, so their peak memory is theirs alone.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from features.intake import get_mapping, import_file, load_mappings
from features.simulation.numbering import credit_codes

_BLOCK_ROWS = 200_000
_SEED = 20261031
_FAULTY_SHARE = 0.01
_ENTERPRISES = 2_000_000
_FIRST_DAY, _DAYS = np.datetime64("2019-01-01"), 2_700
_RECEIVED_AT = datetime(2026, 11, 1)
_PERSON_KEY = bytes(range(32))  # the ledger holds no persons
_GIGABYTE = 10**9

Texts = npt.NDArray[np.str_]

_KINDS = np.array(["罚款", "警告、罚款", "警告", "罚款、没收违法所得", "没收非法财物"])
_MATTERS = np.array(["食品安全", "特种设备安全", "产品质量", "广告", "价格", "其他"])
_VIOLATIONS = np.array(
    ["经营超过保质期的食品", "环境卫生不符合要求", "使用未经检验的特种设备", "发布虚假广告"]
)
_AUTHORITIES = np.array(
    [f"汕头市{area}区市场监督管理局（模拟）" for area in ("龙湖", "金平", "濠江", "潮阳", "潮南")]
)


def write_ledger(path: Path, *, target_bytes: int) -> int:
    """Write whole blocks of rows until the file has `target_bytes`; the number of rows."""
    rng = np.random.default_rng(_SEED)
    rows = 0
    with path.open("wb") as stream:
        while stream.tell() < target_bytes:
            options = pa_csv.WriteOptions(include_header=rows == 0, quoting_style="needed")
            pa_csv.write_csv(_block(rng, first=rows), stream, options)
            rows += _BLOCK_ROWS
    return rows


def _block(rng: np.random.Generator, *, first: int) -> pa.Table:
    rows = _BLOCK_ROWS
    serials = rng.integers(0, _ENTERPRISES, rows)
    codes = credit_codes(
        np.full(rows, "91"), areas=np.full(rows, "440507"), serials=serials
    ).astype(object)
    decided = _FIRST_DAY + rng.integers(0, _DAYS, rows)
    numbers = np.char.mod("汕市监模罚字2024-%08d号", np.arange(first, first + rows)).astype(object)
    days = decided.astype(str).astype(object)
    fines = np.char.mod("%.2f", rng.integers(0, 2_000_000, rows) / 100).astype(object)
    kinds = _KINDS[rng.integers(0, len(_KINDS), rows)].astype(object)
    _spoil(rng, codes=codes, days=days, fines=fines, kinds=kinds)
    columns = {
        "统一社会信用代码": codes,
        "决定书文号": numbers,
        "处罚种类": kinds,
        "违法领域": _pick(rng, _MATTERS),
        "违法行为": _pick(rng, _VIOLATIONS),
        "罚款金额（万元）": fines,
        "处罚机关": _pick(rng, _AUTHORITIES),
        "处罚决定日期": days,
        "归集日期": (decided + rng.integers(1, 30, rows)).astype(str),
        "数据性质": np.full(rows, "模拟数据 SIMULATED"),
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _pick(rng: np.random.Generator, values: Texts) -> Texts:
    return values[rng.integers(0, len(values), _BLOCK_ROWS)]


def _spoil(rng: np.random.Generator, **columns: npt.NDArray[np.object_]) -> None:
    """One fault in each of the faulty rows: code, day, fine or kind in turn."""
    faulty = rng.choice(_BLOCK_ROWS, int(_BLOCK_ROWS * _FAULTY_SHARE), replace=False)
    wrong = {"codes": "91440507XN0000000O", "days": "2024-02-31", "fines": "五万", "kinds": "口头"}
    for place, (name, value) in enumerate(wrong.items()):
        columns[name][faulty[place :: len(wrong)]] = value


def import_ledger(path: Path) -> dict[str, float]:
    """Import `path` beside itself; what it took."""
    begun = time.perf_counter()
    report = import_file(
        path,
        mapping=get_mapping("city_penalties", load_mappings()),
        records_dir=path.parent / "records",
        received_at=_RECEIVED_AT,
        person_key=_PERSON_KEY,
    )
    return {
        **_spent(begun),
        "rows": report.rows,
        "accepted": sum(report.accepted.values()),
        "rejected": report.rejected_rows,
    }


def read_bare(path: Path) -> dict[str, float]:
    """Only parse `path` with pyarrow, block by block, on one thread as the intake does."""
    begun = time.perf_counter()
    options = pa_csv.ReadOptions(use_threads=False, block_size=1 << 23)
    rows = sum(batch.num_rows for batch in pa_csv.open_csv(path, read_options=options))
    return {**_spent(begun), "rows": rows}


def _spent(begun: float) -> dict[str, float]:
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.perf_counter() - begun, "peak_gb": kibibytes * 1024 / _GIGABYTE}


_TASKS = {"import": import_ledger, "bare": read_bare}


def _in_child(task: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.intake", "--task", task, "--file", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--task", choices=sorted(_TASKS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(_TASKS[asked.task](asked.file)))
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        path = Path(name) / "模拟_行政处罚.csv"
        write_ledger(path, target_bytes=int(asked.gigabytes * _GIGABYTE))
        print(f"SIMULATED ledger of {path.stat().st_size / _GIGABYTE:.2f} GB")
        bare, ours = _in_child("bare", path), _in_child("import", path)
    for label, figures in (("bare pyarrow read", bare), ("import", ours)):
        speed = figures["rows"] / figures["seconds"]
        print(
            f"{label}: {figures['rows']:,.0f} rows in {figures['seconds']:.1f} s, "
            f"{speed:,.0f} rows/s, peak {figures['peak_gb']:.2f} GB"
        )
    print(f"accepted {ours['accepted']:,.0f}, rejected {ours['rejected']:,.0f}")
    print(f"import / bare read: {ours['seconds'] / bare['seconds']:.1f}")


if __name__ == "__main__":
    main()
