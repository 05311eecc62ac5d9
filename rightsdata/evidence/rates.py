"""Rates with intervals, a test of days, and many tests at once: plain arithmetic, no other package needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

LEVEL = 0.95
"""The confidence of intervals, and one less the chance of one false alarm in a whole family of tests."""

Interval = tuple[float, float]
Sides = tuple[float, float, float, float]
"""A rate and the size behind it before, and the same during."""


def wilson(rate: float, size: float, level: float = LEVEL) -> Interval:
    """The score interval of a rate; (0, 1) where nothing was counted, never empty at rates of 0 and 1.

    Source: Wilson (1927), Journal of the American Statistical Association 22: 209-212.

    Args:
        rate: between 0 and 1.
        size: how many were counted; a size that allows for clusters need not be whole.
        level: the confidence.
    """
    if size <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (rate + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(rate * (1 - rate) / size + z * z / (4 * size * size))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(before: float, size_before: float, during: float, size_during: float, level: float = LEVEL) -> Interval:
    """The hybrid score interval of the difference `during` less `before`, made of two Wilson intervals.

    Source: Newcombe (1998), Statistics in Medicine 17: 873-890, method 10.
    """
    low, high = wilson(before, size_before, level)
    least, most = wilson(during, size_during, level)
    rise = during - before
    return (
        rise - math.sqrt((during - least) ** 2 + (high - before) ** 2),
        rise + math.sqrt((most - during) ** 2 + (before - low) ** 2),
    )


def higher(before: float, size_before: float, during: float, size_during: float) -> float:
    """The one-sided p-value of the score test that the rate `during` is not higher than the one before."""
    whole = size_before + size_during
    pooled = (before * size_before + during * size_during) / whole
    spread = math.sqrt(pooled * (1 - pooled) * (1 / size_before + 1 / size_during))
    return NormalDist().cdf((before - during) / spread) if spread else 1.0


def shuffled(before: Sequence[float], during: Sequence[float]) -> float:
    """The exact one-sided p-value that the days `during` score no higher: the share of all choices of as many days.

    A day is one unit whatever the measurements made on it, so a day on which every network failed at once counts once, and
    three days against three can give no less than 1 in 20. Scores are rounded to hundredths of their span, and all choices
    are counted by sum with the shift algorithm of Pagano and Tritchler (1983), Journal of the American Statistical
    Association 78: 435-440; the test is exact for the rounded scores, no chance is involved.
    """
    scores = [*before, *during]
    span = max(scores) - min(scores)
    if not before or not during or not span:
        return 1.0
    whole = [round((score - min(scores)) / span * 100) for score in scores]
    chosen, observed = len(during), sum(whole[len(before) :])
    every = math.comb(len(scores), chosen)
    field = every.bit_length()  # ways[k] packs, for every sum, the number of choices of k days into one integer
    ways = [1] + [0] * chosen
    for place, score in enumerate(whole):
        least = max(chosen - (len(whole) - place - 1), 1)  # with fewer days chosen by now, too few are left
        for k in range(min(chosen, place + 1), least - 1, -1):
            ways[k] += ways[k - 1] << (score * field)
    above = ways[chosen] >> (observed * field)
    mask, reached = (1 << field) - 1, 0
    while above:
        reached += above & mask
        above >>= field
    return reached / every


def able(least: Sequence[float]) -> list[bool]:
    """Which tests of a family can reach its level at all, by the least p-value that each may have.

    The least p-value of `shuffled` is known from the numbers of days before anything is looked at. Those that could not be
    significant among the rest whatever was measured are left out, so that they cost the others nothing: the smallest number
    k is taken for which no more than k tests can reach LEVEL's error divided by k.

    Source: Tarone (1990), Biometrics 46: 515-522.

    Args:
        least: the least p-value of each test.
    """
    error = 1 - LEVEL
    number = next((k for k in range(1, len(least) + 1) if sum(one <= error / k for one in least) <= k), 1)
    return [one <= error / number for one in least]


def holm(values: Sequence[float]) -> list[float]:
    """p-values adjusted for a whole family, in the order given.

    The chance of one false alarm or more in the family stays below the level whatever the tests have to do with each other:
    several events rest on the same series. Each verdict is quoted by itself, so one false one harms; a method that only
    bounds the share of false ones (Benjamini and Yekutieli) would let some through.

    Source: Holm (1979), Scandinavian Journal of Statistics 6: 65-70.
    """
    adjusted, worst = [1.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        worst = max(worst, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = worst
    return adjusted
