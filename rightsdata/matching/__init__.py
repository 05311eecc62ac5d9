"""Matching: the same event told twice, by two providers or inside one dataset, each answer with its reasons in words."""

from rightsdata.matching.holdings import Coverage, coverage_against
from rightsdata.matching.pairs import FLOOR, MOST, REVIEW, SAME, SCHEMA, match
from rightsdata.matching.reviews import read_decisions, write_review

__all__ = [
    "FLOOR",
    "MOST",
    "REVIEW",
    "SAME",
    "SCHEMA",
    "Coverage",
    "coverage_against",
    "match",
    "read_decisions",
    "write_review",
]
