"""analysis.grounds: legal bases, acknowledgement, reasons and methods, against hand-written SQL and small records."""

from __future__ import annotations

import dataclasses

import duckdb
import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis, reading
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm
from rightsdata.vocabulary import Attribution, Context

EVENTS = f"read_parquet('{reading.folder()}/events.parquet')"
BASES = f"read_parquet('{reading.folder()}/legal_bases.parquet')"
CITATIONS = f"read_parquet('{reading.folder()}/citations.parquet')"
COUNTED = "took_effect and family = 'access' and population = 'public'"


def sql(query: str) -> list[tuple[object, ...]]:
    return duckdb.sql(query).fetchall()


def in_any_order(rows: list[tuple[object, ...]]) -> list[str]:
    return sorted(map(str, rows))


def test_bases_by_status_equal_hand_written_sql(released: Dataset) -> None:
    found = analysis.legal_bases(released, by="status").select("status", "type", "events").rows()
    assert in_any_order(found) == in_any_order(
        sql(f"""
        select case when type <> 'none_stated' then status end, type, count(distinct event_id)
        from {BASES} join (select event_id from {EVENTS} where {COUNTED}) using (event_id) group by 1, 2
        union all select null, 'not_found', count(*) from {EVENTS}
        where {COUNTED} and event_id not in (select event_id from {BASES})""")
    )


def test_bases_by_year_equal_hand_written_sql(released: Dataset) -> None:
    frame = analysis.legal_bases(released, by="year")
    assert in_any_order(frame.select("year", "type", "events").filter(pl.col("events") > 0).rows()) == in_any_order(
        sql(f"""
        with counted as (
          select event_id, case when year(start_earliest) = year(start_latest) then year(start_latest) end as y
          from {EVENTS} where {COUNTED})
        select y, type, count(distinct event_id) from {BASES} join counted using (event_id) group by 1, 2
        union all select y, 'not_found', count(*) from counted where event_id not in (select event_id from {BASES})
        group by 1""")
    )
    years = frame["year"].unique(maintain_order=True).to_list()
    assert years[-1] is None
    assert years[:-1] == sorted(years[:-1])
    assert frame.filter(type="not_found")["year"].to_list() == years  # each year tells how many have no basis, be it 0


@pytest.mark.parametrize("by", [None, "status", "year"])
def test_the_example_is_of_the_latest_event(released: Dataset, by: str | None) -> None:
    chosen = analysis.effective(released)
    assert chosen.legal_bases["event_id"].n_unique() > 1
    for row in analysis.legal_bases(released, by=by).filter(pl.col("type") != "not_found").to_dicts():
        same = chosen.legal_bases.filter(pl.col("type").cast(pl.String) == row["type"]).join(
            chosen.events.select("event_id", "as_of", "start_earliest", "start_latest"), on="event_id"
        )
        if by == "status" and row["status"] is not None:
            same = same.filter(pl.col("status").cast(pl.String) == row["status"])
        if by == "year":
            first, last = pl.col("start_earliest").dt.year(), pl.col("start_latest").dt.year()
            same = same.filter(pl.when(first == last).then(last).eq_missing(pl.lit(row["year"], pl.Int32)))
        latest = same.sort(["as_of", "event_id", "position"], descending=[True, False, False]).row(0, named=True)
        parts = [part for part in (latest["title"], latest["citation"]) if part is not None]
        assert row["example"] == (", ".join(parts) or None)


def test_none_stated_has_no_status_and_is_not_the_same_as_not_found(folder: Folder) -> None:
    assert analysis.legal_bases(folder.dataset(), by="status").rows() == [
        (None, "none_stated", 1, None),
        (None, "not_found", 0, None),
    ]


def test_an_act_stands_under_what_became_of_it(folder: Folder) -> None:
    folder.event["legal_bases"] = [
        {"type": "statute", "title": "Law on communications", "status": "in_force", "sources": ["s1"]},
        {"type": "statute", "title": "Older law", "status": "repealed", "sources": ["s1"]},
        {"type": "statute", "title": "Another law", "status": "in_force", "sources": ["s1"]},
    ]
    assert analysis.legal_bases(folder.dataset(), by="status").rows() == [
        ("in_force", "statute", 1, "Law on communications"),
        ("repealed", "statute", 1, "Older law"),
        (None, "not_found", 0, None),
    ]
    assert analysis.legal_bases(folder.dataset()).row(0) == ("statute", 1, "Law on communications")


@pytest.mark.parametrize(
    ("start", "year"),
    [("2025-08-13", 2025), ("2025", 2025), ("[2024-12-31..2025-01-02]", None), ("../2025-08-13", None)],
)
def test_a_year_is_not_guessed(folder: Folder, start: str, year: int | None) -> None:
    folder.event["start"] = start
    assert analysis.legal_bases(folder.dataset(), by="year")["year"].unique().to_list() == [year]


def test_bases_are_not_told_by_just_any_column(released: Dataset) -> None:
    with pytest.raises(ValueError, match="'country'; choose None, 'status' or 'year'"):
        analysis.legal_bases(released, by="country")


def test_acknowledgement_equals_hand_written_sql_and_adds_up(released: Dataset) -> None:
    frame = analysis.acknowledgement(released)
    assert in_any_order(frame.rows()) == in_any_order(
        sql(f"select acknowledgement, attribution, count(*) from {EVENTS} where {COUNTED} group by 1, 2")
    )
    assert frame["events"].sum() == analysis.count_events(released).item()


@pytest.mark.parametrize("word", ["silent", "unknown", "denied"])
def test_silence_denial_and_not_known_are_apart(folder: Folder, word: str) -> None:
    folder.event.update(acknowledgement=word, attribution="third_party_says")
    assert analysis.acknowledgement(folder.dataset()).rows() == [(word, "third_party_says", 1)]


def test_other_families_are_asked_for_by_name(released: Dataset) -> None:
    rules = analysis.acknowledgement(released, family="rules", population=None)["events"].sum()
    assert rules == sql(f"select count(*) from {EVENTS} where took_effect and family = 'rules'")[0][0]
    for question in (analysis.acknowledgement, analysis.reasons_by_context, analysis.evidence_by_method):
        with pytest.raises(UnknownTerm, match="choose one of access, rules"):
            question(released, family="acces")
        with pytest.raises(UnknownTerm, match="population has no"):
            question(released, population="pupils")


def test_reasons_by_context_equal_hand_written_sql(released: Dataset) -> None:
    frame = analysis.reasons_by_context(released)
    assert in_any_order(frame.rows()) == in_any_order(
        sql(f"""
        with counted as (
          select unnest(case when len(contexts) > 0 then contexts else ['not_found'] end) as context, stated_reasons
          from {EVENTS} where {COUNTED}),
        each as (select context, count(*) as n from counted group by 1),
        pairs as (select context,
          unnest(case when len(stated_reasons) > 0 then stated_reasons else ['not_found'] end) as reason from counted)
        select context, reason, count(*), any_value(n) from pairs join each using (context) group by 1, 2""")
    )
    order = [*(str(term) for term in Context), "not_found"]
    contexts = frame["context"].unique(maintain_order=True).to_list()
    assert contexts == sorted(contexts, key=order.index)
    for (_,), rows in frame.group_by("context"):
        named = rows.filter(~pl.col("reason").is_in(["none_stated", "not_found"]))
        assert rows.head(named.height).equals(named)
        assert named["events"].to_list() == sorted(named["events"], reverse=True)


@pytest.mark.parametrize(
    ("reasons", "said"), [(["none_stated"], "none_stated"), ([], "not_found"), (["extremism"], "extremism")]
)
def test_no_reason_given_and_none_found_are_apart(folder: Folder, reasons: list[str], said: str) -> None:
    folder.event.update(stated_reasons=reasons, contexts=["protest"])
    assert analysis.reasons_by_context(folder.dataset()).rows() == [("protest", said, 1, 1)]


def test_an_event_without_context_is_not_lost(folder: Folder) -> None:
    folder.event.update(stated_reasons=["extremism", "fraud_prevention"])
    assert analysis.reasons_by_context(folder.dataset()).rows() == [
        ("not_found", "extremism", 1, 1),
        ("not_found", "fraud_prevention", 1, 1),
    ]


def test_evidence_by_method_equals_hand_written_sql(released: Dataset) -> None:
    ways = ", ".join(f"count(*) filter (attribution = '{term}')" for term in Attribution)
    frame = analysis.evidence_by_method(released)
    assert in_any_order(frame.rows()) == in_any_order(
        sql(f"""
        with counted as (
          select unnest(case when len(methods) > 0 then methods else ['not_found'] end) as method, attribution,
            publisher_count > 0 as independent, event_id in (
              select event_id from {CITATIONS} where list_contains(supports, 'methods')) as backed
          from {EVENTS} where {COUNTED})
        select method, count(*), {ways}, count(*) filter (independent),
          count(*) filter (backed and method <> 'not_found') from counted group by 1""")
    )
    assert frame["method"].to_list()[-1] == "not_found"
    assert (
        frame.select(pl.sum_horizontal(str(term) for term in Attribution))
        .to_series()
        .equals(frame["events"].rename("admitted"))
    )  # the kinds of attribution add up


def test_a_method_is_attributed_only_where_a_source_backs_it(folder: Folder) -> None:
    folder.event["sources"][1]["supports"] = ["stages", "ongoing"]
    assert analysis.evidence_by_method(folder.dataset()).select(
        "method", "admitted", "independent", "attributed"
    ).rows() == [("dpi", 1, 1, 0)]
    folder.event["sources"][1]["supports"] = ["stages", "ongoing", "methods"]
    assert analysis.evidence_by_method(folder.dataset())["attributed"].item() == 1


def test_an_empty_dataset_has_empty_grounds(released: Dataset) -> None:
    empty = released.where(country="AQ")
    for question in (analysis.acknowledgement, analysis.reasons_by_context, analysis.evidence_by_method):
        assert question(empty).is_empty()
        assert question(empty).schema == question(released).schema
    for by in ("status", "year"):
        assert analysis.legal_bases(empty, by=by).is_empty()
        assert analysis.legal_bases(empty, by=by).schema == analysis.legal_bases(released, by=by).schema


def test_lists_that_are_null_count_as_nothing_found(folder: Folder) -> None:
    built = folder.dataset()
    blank = [pl.lit(None, built.events.schema[name]).alias(name) for name in ("methods", "stated_reasons", "contexts")]
    bare = dataclasses.replace(built, events=built.events.with_columns(blank))
    assert analysis.reasons_by_context(bare).rows() == [("not_found", "not_found", 1, 1)]
    assert analysis.evidence_by_method(bare)["method"].to_list() == ["not_found"]


def test_acts_and_reasons_stand_side_by_side_as_plain_sql_counts_them(released: Dataset) -> None:
    frame = analysis.legal_reasons(released)
    pairs = sql(f"""
        with counted as (
          select event_id, case when len(stated_reasons) > 0 then stated_reasons::varchar[] else ['not_found'] end as said
          from {EVENTS} where {COUNTED})
        select type::varchar, title, reason, count(distinct event_id)
        from {BASES} join (select event_id, unnest(said) as reason from counted) using (event_id) group by 1, 2, 3""")
    assert sorted(map(str, frame.select("type", "basis", "reason", "events").rows())) == sorted(map(str, pairs))
    acts = sql(f"""
        select type::varchar, title, count(distinct event_id)
        from {BASES} join (select event_id from {EVENTS} where {COUNTED}) using (event_id) group by 1, 2""")
    assert sorted(map(str, frame.select("type", "basis", "of").unique().rows())) == sorted(map(str, acts))
    stated = frame.filter(pl.col("type") != "none_stated")["of"]
    assert stated.to_list() == sorted(stated, reverse=True)
    assert frame["type"].to_list()[-1] == "none_stated"


def test_a_dataset_without_a_legal_basis_has_no_act(folder: Folder) -> None:
    folder.event["legal_bases"] = []
    frame = analysis.legal_reasons(folder.dataset())
    assert frame.is_empty()
    assert frame.columns == ["type", "basis", "reason", "events", "of"]
