"""Matching: the same answer from either side, reasons in words, decisions that last, shares with honest bounds."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import polars as pl
import pytest

import rightsdata as rd
from rightsdata import matching
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, MatchWarning
from rightsdata.matching import blocks, scores

EXACT = {"start": "2025-03-10", "end": "2025-03-12"}


@pytest.fixture(scope="module")
def make(released: Dataset) -> Any:
    """Makes a Dataset of events given as dictionaries of what differs from a plain block of one platform."""

    def dataset(*events: dict[str, Any], provider: str = "ours") -> Dataset:
        template = released.events.filter(pl.col("event_id") == "ng-2021-06-twitter")
        rows, targets, sources, citations, bodies = [], [], [], [], []
        for number, given in enumerate(events):
            own = {"platforms": ["telegram"], "pages": [], "bodies": [], "type": "service_block", **EXACT, **given}
            identity = own.get("id", f"xx-2025-{provider}-{number}")
            bound = {side: rd.dates.parse(own[side]) if own[side] else None for side in ("start", "end")}
            rows.append(
                template.with_columns(
                    event_id=pl.lit(identity),
                    country=pl.lit(own.get("country", "NG")),
                    contexts=pl.lit(own.get("contexts", []), pl.List(pl.String)).cast(template.schema["contexts"]),
                    admin1=pl.lit(own.get("admin1", []), pl.List(pl.String)),
                    title=pl.lit(own.get("title", "A restriction")),
                    summary=pl.lit(own.get("summary", "A restriction.")),
                    restriction_type=pl.lit(own["type"]).cast(template.schema["restriction_type"]),
                    provider=pl.lit(provider),
                    ongoing=pl.lit(own.get("ongoing"), pl.Boolean),
                    start=pl.lit(own["start"], pl.String),
                    end=pl.lit(own["end"], pl.String),
                    start_approximate=pl.lit(bool(bound["start"] and bound["start"].approximate)),
                    **{
                        f"{side}_{which}": pl.lit(getattr(bound[side], which, None), pl.Date)
                        for side in ("start", "end")
                        for which in ("earliest", "latest")
                    },
                )
            )
            targets += [(identity, platform, "all") for platform in own["platforms"]]
            sources += own["pages"]
            citations += [(identity, page) for page in own["pages"]]
            bodies += [(identity, body) for body in own["bodies"]]
        one = released.where(event_id=[])
        pages = sorted(set(sources))
        made = {
            "events": pl.concat([template.head(0), *rows]).sort("event_id"),
            "targets": pl.DataFrame(
                targets, schema=dict.fromkeys(("event_id", "platform_id", "feature"), pl.String), orient="row"
            ),
            "sources": pl.DataFrame(
                {"source_id": pages, "url": pages}, schema={"source_id": pl.String, "url": pl.String}
            ),
            "citations": pl.DataFrame(
                [(event, page, 1) for event, page in citations],
                schema={"event_id": pl.String, "source_id": pl.String, "position": pl.Int16},
                orient="row",
            ),
            "authorities": pl.DataFrame(bodies, schema={"event_id": pl.String, "name": pl.String}, orient="row"),
        }
        types = {name: getattr(one, name).schema for name in made}
        whole = {
            name: pl.concat(
                [getattr(one, name), frame.cast({c: types[name][c] for c in frame.columns})], how="diagonal"
            )
            for name, frame in made.items()
        }
        return replace(one, selection=(), **whole)

    return dataset


def areas(**named: str) -> pl.DataFrame:
    return pl.DataFrame({"event_id": [*named], "name": [*named.values()]}).with_columns(
        pl.col("event_id").str.replace_all("_", "-")
    )


def mirrored(pairs: pl.DataFrame) -> pl.DataFrame:
    turned = pairs.rename({"left_id": "right_id", "right_id": "left_id"}).select(pairs.columns)
    return turned.sort("score", "left_id", "right_id", descending=[True, False, False], nulls_last=True)


def test_the_same_block_told_by_two_is_the_same_and_the_reasons_say_why(make: Any) -> None:
    pairs = matching.match(make({}), make({}, provider="theirs"))
    row = pairs.row(0, named=True)
    assert (row["answer"], row["decided"]) == ("same", False)
    assert row["score"] == sum(row[part] for part in scores.PARTS)
    assert row["explanation"] == (
        "dates +40: both began on 2025-03-10; ends +12: last days agree; kind +10: both service_block; "
        "targets +25: both hit telegram (of 1 and 1); rivals +10: neither has another candidate"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"country": "GH"},
        {"platforms": ["internet"], "type": "network_shutdown", "start": "2025-03-12"},
        {"platforms": ["internet"], "type": "network_shutdown", "end": "2025-09-12"},
        {"start": "2025-03-25", "end": "2025-03-26"},
        {"platforms": ["whatsapp"]},
        {"start": "2025-03-13", "end": "2025-03-14", "platforms": ["telegram", "whatsapp", "x"]},
    ],
)
def test_what_differs_in_what_matters_is_not_the_same(make: Any, other: dict[str, Any]) -> None:
    pairs = matching.match(make({}), make(other, provider="theirs"))
    assert "same" not in pairs["answer"]


def test_one_tells_of_the_network_where_another_tells_of_services_unless_either_has_a_better_match(make: Any) -> None:
    network = {"platforms": ["internet"], "type": "network_shutdown"}
    pairs = matching.match(make({}), make(network, provider="theirs"))
    assert pairs["answer"].to_list() == ["same"]
    assert "targets -6: the network and services" in pairs["explanation"][0]
    both = matching.match(make({}), make(network, {}, provider="theirs"))
    assert both.select("right_id", "answer").rows() == [("xx-2025-theirs-1", "same"), ("xx-2025-theirs-0", "review")]
    assert matching.match(make({}, network)).is_empty()  # one provider keeps them apart


def test_networks_are_not_held_against_services_on_busy_days(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BUSY", 4)
    network = {"platforms": ["internet"], "type": "network_shutdown"}
    ours, theirs = make({}, {}), make(network, network, provider="theirs")
    assert matching.match(ours, theirs).is_empty()
    assert matching.match(make({}), theirs).height == 2


def test_an_occasion_that_two_providers_tell_of_counts(make: Any) -> None:
    exam = {"contexts": ["election", "exam"]}
    here, there = make(exam, {"contexts": []}), make({"contexts": ["exam"]}, provider="theirs")
    pairs = matching.match(here, there).sort("left_id")
    assert pairs["occasion"].to_list() == [8, 0]
    assert "occasion +8: both tell of exam" in pairs["explanation"][0]
    assert matching.match(make(exam, exam))["occasion"].to_list() == [0]


def test_one_that_begins_on_the_day_another_of_its_provider_ends_is_another(make: Any) -> None:
    after = {"start": "2025-03-12", "end": "2025-03-14"}
    assert matching.match(make({}, after)).is_empty()
    assert matching.match(make({}), make(after, provider="theirs"))["order"].to_list() == [scores.TAKES_OVER]


def test_named_areas_tell_two_cuts_of_one_day_apart(make: Any) -> None:
    cut = {"platforms": ["mobile_internet"], "type": "mobile_shutdown", "country": "IN"}
    ours, theirs = make({**cut, "id": "in-2025-a"}), make({**cut, "id": "in-2025-b"}, provider="theirs")
    assert matching.match(ours, theirs)["answer"].to_list() == ["same"]
    apart = matching.match(ours, theirs, places=areas(in_2025_a="Upper Foo district", in_2025_b="Bar town"))
    assert apart["answer"].to_list() in ([], ["different"])
    alike = matching.match(ours, theirs, places=areas(in_2025_a="Foo district, Baz", in_2025_b="FOO, Baz state"))
    assert alike["answer"].to_list() == ["same"]
    assert "both name baz, foo" in alike["explanation"][0]


def test_an_area_that_a_text_tells_of_counts(make: Any) -> None:
    cut = {"platforms": ["internet"], "type": "network_shutdown", "country": "IN"}
    told = make({**cut, "id": "in-2025-a", "summary": "The network was cut in Foo."})
    other = make({**cut, "id": "in-2025-b"}, provider="theirs")
    pairs = matching.match(told, other, places=areas(in_2025_b="Foo"))
    assert "the text of one tells of foo" in pairs["explanation"][0]


def test_a_page_that_both_cite_counts_whatever_copy_of_it_is_cited(make: Any) -> None:
    here = make({"pages": ["https://www.paper.example/a?utm_source=x"]})
    copy = make({"pages": ["https://web.archive.org/web/20250311000000/http://paper.example/a"]}, provider="theirs")
    assert matching.match(here, copy)["sources"].to_list() == [20]


def test_a_page_that_many_events_cite_says_nothing(make: Any) -> None:
    page = ["https://dashboard.example/all"]
    many = make({"pages": page}, *({"pages": page, "country": "GH"} for _ in range(60)))
    assert matching.match(many, make({"pages": page}, provider="theirs"))["sources"].to_list() == [0]


def test_one_provider_that_gives_two_days_is_believed(make: Any) -> None:
    page = {"end": None, "pages": ["https://p.example/1"]}
    two = make({"start": "2025-03-10", **page}, {"start": "2025-03-11", **page})
    assert matching.match(two)["answer"].to_list() == ["review"]
    assert "one provider gives two days" in matching.match(two)["explanation"][0]


def test_an_imprecise_date_meets_every_month_that_it_may_touch(make: Any) -> None:
    exact = make(*({"start": f"2025-{month:02}-05", "end": None} for month in range(1, 13)))
    for vague, met in (("2025", 10), ("2025-06", 2), ("[2025-02-20..2025-04-20]", 2)):
        pairs = matching.match(make({"start": vague, "end": None}, provider="theirs"), exact)
        assert pairs.height == met, (
            vague
        )  # neighbours within a fortnight too; of a year's twelve the ten best are listed


def test_on_or_before_a_day_reaches_back_a_year_and_no_further(make: Any) -> None:
    before = make({"start": "../2025-12-31", "end": None}, provider="theirs")
    near, far = ({"start": day, "end": None, "pages": ["https://p.example/1"]} for day in ("2025-02-01", "2024-11-01"))
    cited = replace(
        before,
        **{
            name: getattr(
                make({"start": "../2025-12-31", "end": None, "pages": ["https://p.example/1"]}, provider="theirs"), name
            )
            for name in ("events", "targets", "sources", "citations")
        },
    )
    assert matching.match(cited, make(near)).height == 1
    assert matching.match(cited, make(far)).height == 0


DAYS = st.dates(min_value=rd.dates.parse("2025-01-01").latest, max_value=rd.dates.parse("2025-02-28").latest)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "start": st.one_of(DAYS.map(str), st.sampled_from(["2025", "2025-01", "2025-02~", "../2025-02-10"])),
            "end": st.none(),
            "country": st.sampled_from(["NG", "GH"]),
            "platforms": st.sampled_from([["telegram"], ["telegram", "whatsapp"], ["internet"], ["social-media"]]),
            "type": st.sampled_from(["service_block", "network_shutdown", "throttling"]),
            "pages": st.sampled_from([[], ["https://p.example/1"]]),
            "contexts": st.sampled_from([[], ["exam"], ["protest", "exam"]]),
            "bodies": st.sampled_from([[], ["A Ministry"]]),
            "ongoing": st.sampled_from([None, True]),
            "admin1": st.sampled_from([[], ["NG-LA"], ["NG-KN"]]),
        }
    ),
    max_size=6,
)


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(ours=EVENTS, theirs=EVENTS, seed=st.integers(0, 9))
def test_the_answer_is_the_same_from_either_side_and_in_any_order_of_rows(
    make: Any, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], seed: int
) -> None:
    a, b = make(*ours), make(*theirs, provider="theirs")
    named = pl.concat([a.events, b.events]).select("event_id", name=pl.lit("Foo")).gather_every(2)
    pairs = matching.match(a, b, places=named)
    assert mirrored(matching.match(b, a, places=named)).equals(pairs)
    shuffled = replace(a, events=a.events.sample(fraction=1, shuffle=True, seed=seed), targets=a.targets.reverse())
    assert matching.match(shuffled, b, places=named.reverse()).equals(pairs)
    assert pairs.schema == matching.SCHEMA


def test_within_one_dataset_each_pair_is_told_once_in_the_order_of_ids(make: Any) -> None:
    three = make(*({"end": None} for _ in range(3)))
    pairs = matching.match(three)
    assert pairs.height == 3
    assert (pairs["left_id"] < pairs["right_id"]).all()


def test_an_id_that_both_have_is_no_pair(make: Any) -> None:
    assert matching.match(make({}), make({})).is_empty()
    assert matching.match(make(), make()).is_empty()


def test_of_one_event_no_more_than_the_ten_best_are_listed(make: Any) -> None:
    pairs = matching.match(make({}), make(*({"end": None} for _ in range(25)), provider="theirs"))
    assert pairs.height == matching.MOST


def test_a_decision_wins_and_outlives_a_rerun(make: Any, tmp_path: Path) -> None:
    a, b = make({"start": "2025-03-10", "end": None}), make({"start": "2025-03-20", "end": None}, provider="theirs")
    pairs = matching.match(a, b)
    assert pairs["answer"].to_list() == ["review"]
    path = matching.write_review(pairs, a, b, tmp_path / "review.csv")
    table = pl.read_csv(path, infer_schema=False)
    assert table["decision"].to_list() == [""]
    table.with_columns(decision=pl.lit("Same ")).write_csv(path)
    decided = matching.match(a, b, path)
    assert decided.select("answer", "decided").rows() == [("same", True)]
    assert decided["explanation"][0].startswith("decided by a person: same; dates +2")
    assert matching.match(b, a, path).select("answer", "decided").rows() == [("same", True)]
    again = matching.write_review(decided, a, b, path)
    assert matching.read_decisions(again).drop("row").rows() == [(*pairs.select("left_id", "right_id").row(0), "same")]


def test_a_decision_about_a_pair_that_is_not_listed_counts_too(make: Any) -> None:
    a, b = make({}), make({"country": "GH"}, provider="theirs")
    decision = pl.DataFrame({"left_id": ["xx-2025-theirs-0"], "right_id": ["xx-2025-ours-0"], "answer": ["same"]})
    assert matching.match(a, b, decision).select("left_id", "answer", "score").rows() == [
        ("xx-2025-ours-0", "same", None)
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["same,xx-2025-ours-0,gone"], "review.csv:2: error: right_id: found gone"),
        (["same,xx-2025-ours-0,xx-2025-ours-0"], "review.csv:2"),
        (["same,xx-2025-ours-0,xx-2025-theirs-0", "different,xx-2025-theirs-0,xx-2025-ours-0"], "review.csv:3"),
        (["yes,xx-2025-ours-0,xx-2025-theirs-0"], "found yes; expected same, different or nothing"),
    ],
)
def test_a_wrong_decision_is_named_by_its_row(make: Any, tmp_path: Path, rows: list[str], message: str) -> None:
    path = tmp_path / "review.csv"
    path.write_text("\n".join(["decision,left_id,right_id", *rows]), encoding="utf-8")
    with pytest.raises(InvalidData, match=message):
        matching.match(make({}), make({}, provider="theirs"), path)


@pytest.mark.parametrize(
    ("content", "message"), [(b"a,b\n1,2\n", "no such column"), (b"\xff\xfe", "UTF-8"), (b"", "column")]
)
def test_a_file_that_is_no_review_list_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidData, match=message):
        matching.read_decisions(path)


def test_a_list_that_a_spreadsheet_saved_with_semicolons_is_read(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("\ufefftheir note;decision;left_id;right_id\nx;same;a;b\n;;c;d\n", encoding="utf-8")
    assert matching.read_decisions(path).rows() == [(2, "a", "b", "same")]


def test_no_cell_of_a_review_list_is_a_formula(make: Any, tmp_path: Path) -> None:
    a = make({"title": "=HYPERLINK(1)", "start": "2025-03-10", "end": None})
    b = make({"title": "+1", "start": "2025-03-20", "end": None}, provider="theirs")
    path = matching.write_review(matching.match(a, b), a, b, tmp_path / "review.csv")
    table = pl.read_csv(path, infer_schema=False)
    assert table.select("left title", "right title").rows() == [("'=HYPERLINK(1)", "'+1")]
    assert table.columns[3:5] == ["left provider", "right provider"]


def test_the_share_that_we_hold_has_a_bound_on_either_side(make: Any) -> None:
    ours = make({}, {"start": "2024-05-01", "end": None}, {"country": "GH"})
    theirs = make({}, {"start": "2024-05-11", "end": None}, {"country": "KE"}, provider="theirs")
    found = matching.coverage_against(ours, theirs)
    assert found.shares.select("year", "theirs", "held", "review", "share_sure", "share_with_review").rows() == [
        (2024, 1, 0, 1, 0.0, 1.0),
        (2025, 2, 1, 0, 0.5, 0.5),
    ]
    assert found.total == (1 / 3, 2 / 3)
    assert found.missing.select("event_id", "standing", "candidates").rows() == [
        ("xx-2025-theirs-1", "review", ["xx-2025-ours-1"]),
        ("xx-2025-theirs-2", "missing", []),
    ]
    assert found.beyond["event_id"].to_list() == ["xx-2025-ours-1", "xx-2025-ours-2"]
    assert matching.coverage_against(ours, make()).total == (0.0, 0.0)


def test_a_crowded_month_is_compared_more_narrowly_and_what_is_left_out_is_said(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [{"start": f"2025-03-{day:02}", "end": None} for day in range(1, 29)]
    a, b = make(*days), make(*days, provider="theirs")
    wide = matching.match(a, b)
    monkeypatch.setattr(blocks, "CROWD", 100)
    narrow = matching.match(a, b)
    assert narrow["dates"].min() == 34
    assert set(narrow.filter(pl.col("dates") == 40).rows()) == set(wide.filter(pl.col("dates") == 40).rows())
    assert mirrored(matching.match(b, a)).equals(narrow)
    monkeypatch.setattr(blocks, "CROWD", 2)
    with pytest.warns(MatchWarning, match=r"4 of NG, social, 2025-03-\d\d, without a place; .* 22 more such days"):
        assert matching.match(a, b).filter(pl.col("dates") == 40).height < 28


def test_batches_change_nothing(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    events = [
        {
            "start": f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "end": None,
            "country": chance.choice(["NG", "GH"]),
        }
        for _ in range(60)
    ]
    whole = matching.match(make(*events[:30]), make(*events[30:], provider="theirs"))
    assert whole.height > 10
    monkeypatch.setattr(blocks, "BATCH", 3)
    assert matching.match(make(*events[:30]), make(*events[30:], provider="theirs")).equals(whole)
