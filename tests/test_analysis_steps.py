"""How measures come about and follow from one another, on small records and the release."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm


def linked(dataset: Dataset, *links: tuple[str, str, str]) -> Dataset:
    return replace(dataset, relations=pl.DataFrame(list(links), schema=dataset.relations.schema, orient="row"))


def test_a_lifecycle_keeps_plans_apart_and_counts_from_the_first_step(folder: Folder) -> None:
    plan, applied = analysis.lifecycle(folder.dataset()).to_dicts()
    assert (plan["path"], plan["announced_latest"], plan["in_force_latest"]) == ("abandoned", date(2024, 3, 1), None)
    assert plan["days_to_force_max"] is None
    assert (applied["path"], applied["reported_earliest"]) == ("applied", date(2025, 5, 1))
    assert (applied["days_to_force_min"], applied["days_to_force_max"]) == (62, 104)  # 31 May to 1 August, 1 May to 13
    assert (applied["adopted_latest"], applied["lifted_latest"]) == (None, None)


def test_what_is_reported_after_the_start_is_no_step_towards_it(folder: Folder) -> None:
    folder.event["stages"] = [
        {"date": "2025-08-13", "stage": "in_force", "sources": ["s1"]},
        {"date": "2025-10-01", "stage": "reported", "sources": ["s2"]},
    ]
    row = analysis.lifecycle(folder.dataset()).row(1, named=True)
    assert (row["days_to_force_min"], row["days_to_force_max"]) == (None, None)


def test_a_ladder_shows_plans_with_their_status_and_no_period(folder: Folder) -> None:
    step = analysis.ladder(folder.dataset(), "telegram", "IR").row(0, named=True)
    assert (step["status"], step["ending"], step["start_latest"]) == ("abandoned", None, None)
    assert (step["known_since"], step["features"]) == (date(2024, 3, 1), ["all"])
    step = analysis.ladder(folder.dataset(), "telegram", "RU").row(0, named=True)
    assert (step["ending"], step["features"], step["follows"]) == ("open", ["calls"], None)


def test_the_ladder_of_telegram_in_russia_climbs(released: Dataset) -> None:
    steps = analysis.ladder(released, "telegram", "RU")
    assert steps.select("country", "platform_id", "platform").unique().rows() == [("RU", "telegram", "Telegram")]
    assert steps["position"].to_list() == list(range(1, steps.height + 1))
    places = dict(steps.select("event_id", "position").iter_rows())
    for position, follows in steps.select("position", "follows").drop_nulls().iter_rows():
        assert places[follows] < position
    assert steps["follows"].is_not_null().sum() >= 3


def test_an_unknown_platform_is_refused(released: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="telegramm"):
        analysis.ladder(released, "telegramm", "RU")


def test_every_linked_measure_is_in_one_chain_and_behind_what_it_follows(released: Dataset) -> None:
    chains = analysis.escalations(released)
    earlier = chains.join(chains.select("chain", follows="event_id", before="position"), on=["chain", "follows"])
    assert earlier.height == chains["relation"].count() == chains["follows"].count() > 0
    assert (earlier["before"] < earlier["position"]).all()
    assert chains["event_id"].is_unique().all()
    assert chains.group_by("chain").len()["len"].min() >= 2
    places = {row[0]: row[1:] for row in chains.select("event_id", "chain", "position").iter_rows()}
    counted = set(analysis.effective(released).events["event_id"])
    for event, related, relation in released.relations.iter_rows():
        if relation in ("escalates", "replaces", "extends") and {event, related} <= counted:
            assert places[event][0] == places[related][0]
            assert places[event][1] > places[related][1]
    assert set(chains["chain"]) == set(range(1, int(chains["chain"].max()) + 1))  # type: ignore[arg-type]


def test_relations_in_a_circle_do_not_hang(released: Dataset) -> None:
    a, b, c = analysis.durations(released)["event_id"][:3]
    circle = linked(released, (a, b, "escalates"), (b, c, "escalates"), (c, a, "extends"))
    assert sorted(analysis.escalations(circle)["event_id"]) == sorted([a, b, c])


def test_a_repetition_is_no_escalation(released: Dataset) -> None:
    a, b = analysis.durations(released)["event_id"][:2]
    assert analysis.escalations(linked(released, (b, a, "repeats"))).is_empty()


def test_a_measure_that_applied_on_the_day_of_its_announcement_took_no_day(folder: Folder) -> None:
    folder.event["start"] = "2025-08-13"
    folder.event["stages"] = [
        {"date": "2025-08-13", "stage": "announced", "sources": ["s1"]},
        {"date": "2025-08-13", "stage": "in_force", "sources": ["s1"]},
    ]
    row = analysis.lifecycle(folder.dataset()).row(1, named=True)
    assert (row["days_to_force_min"], row["days_to_force_max"]) == (0, 0)
