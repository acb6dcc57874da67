"""What departments supply, judged: how soon, how often, how completely, and what is missing."""

from features.quality.collection import CollectionCatalogue, collection_catalogue
from features.quality.completeness import ArchiveCompleteness, measure_completeness
from features.quality.coverage import Coverage, measure_coverage
from features.quality.duplicates import Duplicates, find_duplicates
from features.quality.overview import overview_of_sources
from features.quality.timeliness import Timeliness, measure_timeliness

__all__ = [
    "ArchiveCompleteness",
    "CollectionCatalogue",
    "Coverage",
    "Duplicates",
    "Timeliness",
    "collection_catalogue",
    "find_duplicates",
    "measure_completeness",
    "measure_coverage",
    "measure_timeliness",
    "overview_of_sources",
]
