"""Questions to a Dataset, each a named function with its counting rule; a Polars frame back.

Unless asked otherwise, counts take measures of the `access` family that took effect and bind the public: plans,
abandoned measures, device bans and the `rules` family are asked for by name and never added to them. The dataset is
a coded selection, not a census: nothing here estimates a total or ranks countries.
"""

from rightsdata.analysis.counts import COUNTABLE, count_events
from rightsdata.analysis.grounds import legal_bases, methods
from rightsdata.analysis.knowledge import FIELDS_ATTRIBUTED, coverage, last_confirmed, road, who_says
from rightsdata.analysis.periods import timeline
from rightsdata.analysis.selection import effective, only

__all__ = [
    "COUNTABLE",
    "FIELDS_ATTRIBUTED",
    "count_events",
    "coverage",
    "effective",
    "last_confirmed",
    "legal_bases",
    "methods",
    "only",
    "road",
    "timeline",
    "who_says",
]
