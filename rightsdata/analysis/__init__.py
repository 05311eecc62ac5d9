"""Questions to a Dataset, each a named function with its counting rule; a Polars frame back.

Unless asked otherwise, counts take measures of the `access` family that took effect and bind the public: plans,
abandoned measures, device bans and the `rules` family are asked for by name and never added to them. The dataset is
a coded selection, not a census: nothing here estimates a total or ranks countries.
"""

from rightsdata.analysis.counts import (
    COUNTABLE,
    carried_over,
    count_country_years,
    count_events,
    count_targets,
    platforms_by_country,
)
from rightsdata.analysis.grounds import legal_bases, methods
from rightsdata.analysis.knowledge import FIELDS_ATTRIBUTED, coverage, last_confirmed, road, who_says
from rightsdata.analysis.lengths import durations, survival
from rightsdata.analysis.periods import active_by_day, around, restriction_days, timeline
from rightsdata.analysis.selection import effective, only
from rightsdata.analysis.steps import escalations, ladder, lifecycle

__all__ = [
    "COUNTABLE",
    "FIELDS_ATTRIBUTED",
    "active_by_day",
    "around",
    "carried_over",
    "count_country_years",
    "count_events",
    "count_targets",
    "coverage",
    "durations",
    "effective",
    "escalations",
    "ladder",
    "last_confirmed",
    "legal_bases",
    "lifecycle",
    "methods",
    "only",
    "platforms_by_country",
    "restriction_days",
    "road",
    "survival",
    "timeline",
    "who_says",
]
