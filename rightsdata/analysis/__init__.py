"""Questions to a Dataset, each a named function with its counting rule; a Polars frame back.

Unless asked otherwise, counts take measures of the `access` family that took effect and bind the public: plans,
abandoned measures, device bans and the `rules` family are asked for by name and never added to them. The dataset is
a coded selection, not a census: nothing here estimates a total or ranks countries.
"""

from rightsdata.analysis.comparison import compare
from rightsdata.analysis.counts import (
    COUNTABLE,
    carried_over,
    count_country_years,
    count_events,
    count_targets,
    platforms_by_country,
)
from rightsdata.analysis.exposure import exposure
from rightsdata.analysis.grounds import (
    acknowledgement,
    evidence_by_method,
    legal_bases,
    legal_reasons,
    methods,
    reasons_by_context,
)
from rightsdata.analysis.knowledge import FIELDS_ATTRIBUTED, coverage, last_confirmed, road, sourcing, who_says
from rightsdata.analysis.lengths import durations, survival
from rightsdata.analysis.periods import active_by_day, around, restriction_days, timeline
from rightsdata.analysis.selection import effective, only
from rightsdata.analysis.steps import escalations, ladder, lifecycle

__all__ = [
    "COUNTABLE",
    "FIELDS_ATTRIBUTED",
    "acknowledgement",
    "active_by_day",
    "around",
    "carried_over",
    "compare",
    "count_country_years",
    "count_events",
    "count_targets",
    "coverage",
    "durations",
    "effective",
    "escalations",
    "evidence_by_method",
    "exposure",
    "ladder",
    "last_confirmed",
    "legal_bases",
    "legal_reasons",
    "lifecycle",
    "methods",
    "only",
    "platforms_by_country",
    "reasons_by_context",
    "restriction_days",
    "road",
    "sourcing",
    "survival",
    "timeline",
    "who_says",
]
