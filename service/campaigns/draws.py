"""Who was drawn in the office's rounds and with what probability: what calibrations weigh by."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from models.labels.inclusion import DRAWS
from scoring.double_random.campaign import DRAW, SELECTED
from scoring.double_random.verification import MANIFEST
from service.campaigns.store import frozen_folder, list_rounds


def read_draws(campaigns_dir: Path) -> pa.Table:
    """Every enterprise drawn in a finished round: rows of :data:`models.labels.inclusion.DRAWS`.

    Reserves were not drawn, and rounds that are not drawn yet have no rows.
    """
    return pa.concat_tables([DRAWS.empty_table(), *_rounds(campaigns_dir)])


def _rounds(campaigns_dir: Path) -> Iterator[pa.Table]:
    for name in list_rounds(campaigns_dir):
        folder = frozen_folder(campaigns_dir, name)
        if (folder / MANIFEST).is_file():
            yield _read_round(folder)


def _read_round(folder: Path) -> pa.Table:
    record = json.loads((folder / DRAW).read_bytes())
    drawn_on = datetime.fromisoformat(record["drawn_at"]).date()
    share = {
        one["stratum"]: one["drawn"] / one["population"]
        for one in record["strata"]
        if one["population"]
    }
    shares = pa.table({"stratum": list(share), "inclusion": list(share.values())})
    text = {"uscc": pa.string(), "stratum": pa.string(), "role": pa.string()}
    rows = csv.read_csv(
        folder / SELECTED,
        convert_options=csv.ConvertOptions(column_types=text, include_columns=list(text)),
    )
    drawn = rows.filter(pc.equal(rows["role"], "drawn")).join(shares, "stratum")
    columns = [
        drawn["uscc"],
        pa.repeat(pa.scalar(drawn_on, pa.date32()), drawn.num_rows),
        drawn["inclusion"],
    ]
    return pa.table(columns, schema=DRAWS)
