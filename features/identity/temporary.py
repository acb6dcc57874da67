"""Temporary identities: what a row without a credit code is called until it is known who it is."""

from hashlib import sha256
from typing import Any

import pyarrow as pa

from features.identity.links import TEMPORARY
from features.identity.text import plain_text

# Beside the records of an import, listed in its manifest: who each row says it is.
IDENTITIES = "identities.parquet"
IDENTITY_SCHEMA = pa.schema(
    [
        ("temporary_id", pa.string()),
        ("name", pa.string()),
        ("address", pa.string()),
        ("registration_no", pa.string()),
        ("uscc", pa.string()),  # as written, where it is no valid code
        ("event_on", pa.date32()),
        ("import_id", pa.string()),
        ("row_no", pa.int64()),
    ]
)
_SEPARATOR = "|"
_ID_CHARACTERS = 24


def temporary_ids(names: Any, addresses: Any, numbers: Any) -> Any:
    """``~`` and 24 hexadecimal digits of SHA-256 over plain name, address and number.

    Only spelling is levelled (:func:`features.identity.text.plain_text`), not area or legal form:
    who is who is for the comparison to say, and its words may change without a new identity.

    Parameters
    ----------
    names, addresses, numbers
        Texts (pyarrow arrays of one length), "" where missing.
    """
    parts = [plain_text(texts).to_pylist() for texts in (names, addresses, numbers)]
    # hashlib reads one text at a time; the caller hands in distinct rows.
    return pa.array(
        [
            TEMPORARY + sha256(_SEPARATOR.join(row).encode("utf-8")).hexdigest()[:_ID_CHARACTERS]
            for row in zip(*parts, strict=True)
        ],
        pa.string(),
    )
