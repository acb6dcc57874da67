"""Names and addresses of a table taken apart, each distinct text once."""

from typing import Any

import pandas as pd
import pyarrow as pa

from features.identity.addresses import split_addresses
from features.identity.names import split_names
from features.identity.rules import IdentityRules


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Texts without nulls, days as days of numpy."""
    frame: pd.DataFrame = table.to_pandas()
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_string(kind):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
        elif pa.types.is_date(kind):
            frame[name] = pd.to_datetime(frame[name])
    return frame


def with_parts(frame: pd.DataFrame, *, rules: IdentityRules) -> pd.DataFrame:
    """`frame` with the parts of its ``name`` and ``address``; each distinct text is read once."""
    name_codes, names = pd.factorize(frame["name"])
    address_codes, addresses = pd.factorize(frame["address"])
    of_name = split_names(pa.array(names, pa.string()), rules=rules)
    of_address = split_addresses(pa.array(addresses, pa.string()))
    columns: dict[str, Any] = {
        part: _spread(getattr(of_name, part), name_codes)
        for part in ("whole", "core", "form", "branch", "has_area")
    }
    columns["address_text"] = _spread(of_address.text, address_codes)
    columns["address_key"] = _spread(of_address.key, address_codes)
    columns["house"] = _spread(of_address.house, address_codes)
    own = pd.Series(_spread(of_address.district, address_codes), index=frame.index)
    named = pd.Series(_spread(of_name.district, name_codes), index=frame.index)
    columns["district"] = own.where(own != "", named)
    return frame.assign(**columns)


def _spread(values: Any, codes: Any) -> Any:
    return values.to_numpy(zero_copy_only=False)[codes]
