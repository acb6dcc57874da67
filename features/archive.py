"""Credit archives: every record of every enterprise, by ranges of enterprises.

The door: build from imports, open, read one enterprise. Layout under the archive's folder::

    CURRENT                      the name of the build in use, switched in one step
    <build_id>/manifest.json     boundaries of the ranges, inputs, SHA-256 of every file
    <build_id>/range-0000/<kind>.parquet   sorted by enterprise, then by day known
"""

from features.archive_build import build_archive
from features.archive_files import Archive, open_archive
from features.archive_view import read_enterprise

__all__ = ["Archive", "build_archive", "open_archive", "read_enterprise"]
