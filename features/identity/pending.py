"""Temporary identities of all imports: what each says of itself, and which still wait."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.identity.links import is_temporary, links_in_force, refused_wholly
from features.identity.parts import as_frame
from features.identity.temporary import IDENTITIES, IDENTITY_SCHEMA
from features.intake.report import list_imports


def read_identities(records_dir: Path) -> pd.DataFrame:
    """Every row of every import without a credit code, oldest import first (texts, no nulls)."""
    names = [
        records_dir / report.import_id / IDENTITIES
        for report in list_imports(records_dir)
        if IDENTITIES in report.files
    ]
    tables = [pq.read_table(path, schema=IDENTITY_SCHEMA) for path in names]
    return as_frame(pa.concat_tables([IDENTITY_SCHEMA.empty_table(), *tables]))


def temporary_identities(records_dir: Path) -> pd.DataFrame:
    """One row a temporary identity: as first written, its first ``event_on``, its ``rows``."""
    rows = read_identities(records_dir)
    given = ["name", "address", "registration_no", "uscc", "import_id"]
    grouped = rows.groupby("temporary_id", sort=True)
    found = grouped[given].first()
    found["event_on"] = grouped["event_on"].min()
    found["rows"] = grouped.size()
    return found.reset_index()


def waiting(identities: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Those that are neither linked nor found to be nobody in the register."""
    done = pd.concat([links_in_force(decisions)["old_id"], refused_wholly(decisions)])
    return identities[~identities["temporary_id"].isin(done)].reset_index(drop=True)


def known_ids(identities: pd.DataFrame) -> frozenset[str]:
    """Temporary identities that some import holds."""
    ids = identities["temporary_id"]
    return frozenset(ids[is_temporary(ids)])
