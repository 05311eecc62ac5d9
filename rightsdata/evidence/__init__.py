"""Events against measurement series: what networks that measure saw while news said that something was blocked.

    from rightsdata import evidence, series
    evidence.corroborate(ds.where(country="RU", platform="signal"), series.read("ooni/"))

News and measurements can each be wrong. A verdict says what the numbers allow and why; whoever reports it reads the reason.
"""

from rightsdata.evidence.coverage import COVERAGE, Cover
from rightsdata.evidence.daily import PERIODS, by_day
from rightsdata.evidence.daily import SCHEMA as BY_DAY
from rightsdata.evidence.onsets import Onset, onset
from rightsdata.evidence.streaming import read, run, state_of
from rightsdata.evidence.verdicts import RESULT, VERDICTS, corroborate

__all__ = [
    "BY_DAY",
    "COVERAGE",
    "PERIODS",
    "RESULT",
    "VERDICTS",
    "Cover",
    "Onset",
    "by_day",
    "corroborate",
    "onset",
    "read",
    "run",
    "state_of",
]
