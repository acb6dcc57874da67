"""Credit archives: every record of every enterprise, by ranges of enterprises.

The door: build from imports, open, read one enterprise, correct one record. Layout under the
archive's folder::

    CURRENT                      the name of the build in use, switched in one step
    <build_id>/manifest.json     boundaries of the ranges, inputs, SHA-256 of every file
    <build_id>/range-0000/<kind>.parquet   sorted by enterprise, then by day known
"""

from features.archive_build import build_archive
from features.archive_files import Archive, open_archive
from features.archive_view import EnterpriseView, read_enterprise, view_enterprise
from features.corrections import Correction, correct_record, withdraw_record
from features.record_versions import RecordAddress, RecordHistory, Version, find_record

__all__ = [
    "Archive",
    "Correction",
    "EnterpriseView",
    "RecordAddress",
    "RecordHistory",
    "Version",
    "build_archive",
    "correct_record",
    "find_record",
    "open_archive",
    "read_enterprise",
    "view_enterprise",
    "withdraw_record",
]
