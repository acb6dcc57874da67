"""Which rows of many imports are one record, and which version of it was known when."""

from typing import Any

import ibis

from features.catalogue import (
    ENTERPRISE_NO,
    SEQUENCE,
    SUPERSEDED_AT,
    arrow_schema,
    record_kinds,
)

_SEPARATOR = "\x1f"


def with_versions(records: Any, receipts: Any, *, kind: str) -> Any:
    """The versions of every record (Ibis), one row a version, with the archive's columns.

    Rows of one ``record_id`` are put in the order in which they became known, then received. A
    row that says the same as the one before it adds nothing. One that says something else is a
    new version, known from its own ``known_at``; where that is no later than what it corrects (a
    ledger exported again with a corrected amount keeps its old day), the office can only have
    known it when it received the file. ``superseded_at`` is the first instant at which a later
    version was known. A department that repeats what a person has corrected since adds nothing.

    Parameters
    ----------
    records
        Rows of one kind from any number of imports.
    receipts
        ``import_id`` and ``received_at``, one row an import.
    """
    # Most records come once; only the others need an order.
    repeated = repeated_records(records)
    single = only_versions(records.anti_join(repeated, "record_id"), kind=kind)
    versions = _order(records.semi_join(repeated, "record_id"), receipts, kind=kind)
    return single.union(_with_archive_columns(versions, kind))


def repeated_records(records: Any) -> Any:
    """Identities that stand in more than one row (Ibis)."""
    ids = records.group_by("record_id").aggregate(times=records.count())
    return ids.filter(ids.times > 1).select("record_id")


def only_versions(records: Any, *, kind: str) -> Any:
    """Records that each come once, with the archive's columns: nothing supersedes them."""
    dated = records.mutate(**{SUPERSEDED_AT: ibis.null("timestamp(6)")})
    return _with_archive_columns(dated, kind)


def _with_archive_columns(versions: Any, kind: str) -> Any:
    """Every column of the archive's table; the numbers are given when all versions are known."""
    unnumbered = {ENTERPRISE_NO: ibis.null("int64"), SEQUENCE: ibis.null("int32")}
    return versions.mutate(**unnumbered).select(arrow_schema(kind).names)


def _order(records: Any, receipts: Any, *, kind: str) -> Any:
    dated = records.join(receipts, "import_id")
    dated = dated.mutate(
        declared_at=dated.known_at,
        said=_content(dated, kind),
        by_hand=dated.corrected_by.notnull(),
    )
    order = ["declared_at", "received_at", "import_id", "row_no"]
    before = ibis.window(group_by="record_id", order_by=order)
    sent = ibis.window(group_by=["record_id", "by_hand"], order_by=order)
    compared = dated.mutate(
        said_before=dated.said.lag().over(before),
        sent_before=dated.said.lag().over(sent),
        declared_before=dated.declared_at.lag().over(before),
    )
    is_new = compared.said_before.isnull() | (compared.said != compared.said_before)
    # What a person says always counts, even if it agrees with a row that was passed over.
    is_new = is_new | compared.by_hand
    # Departments export their whole ledger every month: without this the next export would undo
    # every correction and bring back what was withdrawn.
    repeats = ~compared.by_hand & (compared.said == compared.sent_before).fill_null(False)
    versions = compared.filter(is_new & ~repeats)
    versions = versions.mutate(
        known_at=ibis.ifelse(
            versions.said_before.notnull() & (versions.declared_at <= versions.declared_before),
            ibis.greatest(versions.declared_at, versions.received_at),
            versions.declared_at,
        )
    )
    after = ibis.window(group_by="record_id", order_by=order, following=(1, None))
    return versions.mutate(**{SUPERSEDED_AT: versions.known_at.min().over(after)})


def _content(records: Any, kind: str) -> Any:
    """Everything a record says besides its key, as one digest; null differs from empty."""
    described = record_kinds()[kind]
    text = records.event_on.cast("string").concat(_SEPARATOR, records.is_withdrawn.cast("string"))
    for name in described.fields:
        if name not in described.key:
            text = text.concat(
                _SEPARATOR, records[name].cast("string").fill_null(_SEPARATOR + "null")
            )
    return text.hexdigest("sha256")
