"""Questions to a Dataset, each a named function with its counting rule; a Polars frame back.

Unless asked otherwise, counts take measures of the `access` family that took effect and bind the public: plans,
abandoned measures, device bans and the `rules` family are asked for by name and never added to them. The dataset is
a coded selection, not a census: nothing here estimates a total or ranks countries.
"""

from rightsdata.analysis.comparison import compare
from rightsdata.analysis.counts import COUNTABLE, count_events
from rightsdata.analysis.exposure import exposure
from rightsdata.analysis.grounds import acknowledgement, evidence_by_method, legal_bases, methods, reasons_by_context
from rightsdata.analysis.knowledge import FIELDS_ATTRIBUTED, coverage, last_confirmed, road, sourcing, who_says
from rightsdata.analysis.periods import timeline
from rightsdata.analysis.selection import effective, only

__all__ = [
    "COUNTABLE",
    "FIELDS_ATTRIBUTED",
    "acknowledgement",
    "compare",
    "count_events",
    "coverage",
    "effective",
    "evidence_by_method",
    "exposure",
    "last_confirmed",
    "legal_bases",
    "methods",
    "only",
    "reasons_by_context",
    "road",
    "sourcing",
    "timeline",
    "who_says",
]
