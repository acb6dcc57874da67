"""From prepared records to one row per enterprise: a query a source, put side by side by number.

Values that one source decides are computed in its query; only what compares sources, or the
enterprise with others, is computed afterwards. Joined in one query they would need a plan of half
a megabyte, which takes longer to make than to run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import ENTERPRISE_NO
from features.engine import AnyEngine, Query
from features.indicators.formulas import KEYS, Formula, Leaf, Overall, Shared
from features.indicators.measures import Aggregate
from features.indicators.moment import Moment
from features.indicators.parts import IDENTITY, OWN, Columns, Output, Part, make_part
from features.indicators.records import ArchiveTables, Records, bind_records, is_few
from features.indicators.sources import PREPARATIONS
from features.indicators.wanted import MANY_VALUED, OVERALL, Wanted

_KEYS = "own_keys"
_MIXED = "mixed"


@dataclass
class Plan:
    """Queries over whichever records are bound, written out once."""

    outputs: tuple[str, ...]
    parts: dict[str, Part] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    here: dict[str, Query] = field(default_factory=dict)
    shared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mixed: Query | None = None
    mixed_inputs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def rows(
        self,
        engine: AnyEngine,
        archive: ArchiveTables,
        *,
        sums: Mapping[str, pa.Table] | None = None,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> pa.Table:
        """``enterprise_id`` and the outputs, sorted by it.

        `sums` are the sums of keys, as tables, where they need not be looked for in what is bound.
        """
        few = is_few(enterprise_ids)
        silent = bind_records(
            engine,
            archive,
            self.kinds,
            range_no=range_no,
            enterprise_ids=enterprise_ids,
            in_memory=few,
        )
        own = _in_order(self.parts[OWN].rows(engine, few=few))
        columns: dict[str, Any] = dict(zip(own.column_names, own.columns, strict=True))
        for source, part in self.parts.items():
            if source == OWN:
                continue
            if part.kinds <= silent:
                found = {name: pa.repeat(part.absent[name][0], len(own)) for name in part.columns}
            else:
                found = part.beside(own[ENTERPRISE_NO], part.rows(engine, few=few))
            columns |= found
        if self.keys:
            columns |= self._of_others(engine, columns, sums or {}, few=few)
        if self.mixed is not None:
            inputs = {name: columns[name] for name in self.mixed_inputs}
            engine.bind(_MIXED, pa.table(inputs), columns=self.mixed_inputs, in_memory=True)
            mixed = engine.fetch(self.mixed, few=few)
            if not mixed[ENTERPRISE_NO].equals(own[ENTERPRISE_NO]):  # an engine may mix them up
                mixed = mixed.take(pc.index_in(own[ENTERPRISE_NO], mixed[ENTERPRISE_NO]))
            columns |= dict(zip(mixed.column_names, mixed.columns, strict=True))
        return pa.table({name: columns[name] for name in (IDENTITY, *self.outputs)})

    def _of_others(
        self,
        engine: AnyEngine,
        own: Mapping[str, Any],
        sums: Mapping[str, pa.Table],
        *,
        few: bool,
    ) -> dict[str, Any]:
        """The sums of each key that the enterprises at hand have."""
        if not sums.keys() >= set(self.keys):
            texts = [_key_column(key) for key in self.keys]
            keys = pa.table({text: own[text] for text in texts})
            engine.bind(_KEYS, keys, columns=texts, in_memory=True)
        columns: dict[str, Any] = {}
        for key in self.keys:
            table = sums[key] if key in sums else engine.fetch(self.here[key], few=few)
            places = pc.index_in(own[_key_column(key)], table[key].combine_chunks())
            for new, old in self.shared[key].items():
                columns[new] = table[old].take(places)
        return columns


def _in_order(rows: pa.Table) -> pa.Table:
    """Sorted by identity. Numbers mostly follow it, and are sorted faster than texts."""
    numbers = rows[ENTERPRISE_NO].to_numpy()
    if (np.diff(numbers) < 0).any():
        rows = rows.take(pa.array(np.argsort(numbers)))
    ids = rows[IDENTITY].combine_chunks()
    if not pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py():
        rows = rows.take(pc.sort_indices(ids))
    return rows


def make_plan(
    engine: AnyEngine,
    records: Records,
    outputs: Mapping[str, Output],
    *,
    wanted: Wanted | None = None,
    gone: bool = False,
) -> Plan:
    """Write out what computes `outputs` for every enterprise with a visible registration.

    Parameters
    ----------
    wanted
        What of other enterprises is bound; needed where an output looks at them.
    gone
        Keep enterprises whose newest status says they left (`GONE`).
    """
    plan = Plan(tuple(outputs))
    mixed = {name: output for name, output in outputs.items() if output.source is None}
    leaves = list(dict.fromkeys(leaf for output in mixed.values() for leaf in output.leaves()))
    raw = {leaf: f"m{n}" for n, leaf in enumerate(leaves) if isinstance(leaf, Aggregate)}
    shared = [leaf for leaf in leaves if isinstance(leaf, Shared)]
    plan.keys = tuple(dict.fromkeys(leaf.key for leaf in shared))
    # Every key is told by one source.
    keys = {_key_column(key): _as_is(KEYS[key]) for key in plan.keys}
    used = {output.source for output in (*outputs.values(), *keys.values())}
    used |= {leaf.source for leaf in raw}
    for source in [OWN, *(name for name in PREPARATIONS if name in used and name != OWN)]:
        values = {name: out for name, out in outputs.items() if out.source == source}
        values |= {name: _as_is(leaf) for leaf, name in raw.items() if leaf.source == source}
        values |= {name: key for name, key in keys.items() if key.source == source}
        plan.parts[source] = make_part(engine, records, source, values, gone=gone)
    names: dict[Leaf, str] = dict(raw.items())
    if wanted is not None:
        names |= _add_shared(plan, engine, shared, wanted)
        names |= {
            leaf: f"all_{wanted.columns[leaf.part]}" for leaf in leaves if isinstance(leaf, Overall)
        }
    if mixed:
        _add_mixed(plan, engine, mixed, names, moment=records.moment, wanted=wanted)
    kinds = [kind for part in plan.parts.values() for kind in part.kinds]
    plan.kinds = tuple(sorted({*kinds, *records.kinds}))
    return plan


def _add_shared(
    plan: Plan, engine: AnyEngine, shared: Sequence[Shared], wanted: Wanted
) -> dict[Leaf, str]:
    """What looks the sums of each key up; the columns they become."""
    for key in plan.keys:
        if key in MANY_VALUED:
            # Bound in pieces, and of far more values than the enterprises at hand have.
            sums, text = wanted.sums(key), _key_column(key)
            own = ibis.table(
                ibis.schema(dict.fromkeys(map(_key_column, plan.keys), "string")), name=_KEYS
            )
            here = sums.semi_join(own, sums[key] == own[text])
            parts = [name for name in sums.columns if name != key]
            plan.here[key] = engine.prepare(
                here.group_by(key).agg(**{name: here[name].sum() for name in parts})
            )
    names: dict[Leaf, str] = {leaf: f"{leaf.key}_{wanted.columns[leaf.part]}" for leaf in shared}
    plan.shared = {
        key: {names[leaf]: wanted.columns[leaf.part] for leaf in shared if leaf.key == key}
        for key in plan.keys
    }
    return names


def _add_mixed(
    plan: Plan,
    engine: AnyEngine,
    mixed: Mapping[str, Output],
    names: Mapping[Leaf, str],
    *,
    moment: Moment,
    wanted: Wanted | None,
) -> None:
    """The query of what compares sources, or the enterprise with others."""
    types: dict[str, pa.DataType] = {ENTERPRISE_NO: pa.int64()}
    for part in plan.parts.values():
        types |= part.types
    overall = {leaf: name for leaf, name in names.items() if isinstance(leaf, Overall)}
    inputs = {
        name: pa.int64() if isinstance(leaf, Shared) else types[name]
        for leaf, name in names.items()
        if leaf not in overall
    }
    plan.mixed_inputs = (ENTERPRISE_NO, *inputs)
    schema = pa.schema([(ENTERPRISE_NO, pa.int64()), *inputs.items()])
    table = ibis.table(ibis.Schema.from_pyarrow(schema), name=_MIXED)
    if overall and wanted is not None:
        everybody = wanted.sums(OVERALL)
        table = table.cross_join(
            everybody.select(
                **{name: everybody[wanted.columns[leaf.part]] for leaf, name in overall.items()}
            )
        )
    columns = Columns(table, names, moment)
    plan.mixed = engine.prepare(
        table.select(
            ENTERPRISE_NO, **{name: output.value(columns) for name, output in mixed.items()}
        )
    )


def _as_is(formula: Formula) -> Output:
    return Output((formula,), lambda values: values[0])


def _key_column(key: str) -> str:
    return f"key_{key}"
