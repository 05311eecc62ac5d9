"""figures: what is drawn, and that nothing of a record runs or leads away."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import plotly.graph_objects as go
import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis, figures
from rightsdata.dataset import Dataset
from rightsdata.figures import gantt


@pytest.fixture
def figure(folder: Folder) -> go.Figure:
    dataset = folder.dataset()
    return figures.timeline(analysis.timeline(dataset), footer=dataset.cite())


def test_an_imprecise_start_is_hatched_and_an_open_end_has_a_mark(figure: go.Figure) -> None:
    sure, open_ = (trace for trace in figure.data if trace.type == "bar")
    assert sure.marker.pattern.shape == "|"  # of feature blocks
    assert open_.marker.pattern.shape == "/"
    assert set(open_.base) == {"2025-08-01T00:00:00"}
    assert set(sure.base) == {"2025-08-13T00:00:00"}
    assert [trace.text for trace in figure.data if trace.type == "scatter"] == [(" ▸ ", " ▸ "), ()]


ROW = {
    "start_earliest": date(2025, 1, 1),
    "start_latest": date(2025, 3, 1),
    "end_earliest": None,
    "end_latest": None,
    "last_confirmed": date(2025, 6, 1),
    "as_of": date(2025, 9, 1),
    "ending": "open",
}
JAN, MAR, JUN, SEP = date(2025, 1, 1), date(2025, 3, 1), date(2025, 6, 1), date(2025, 9, 1)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, [("open", JAN, MAR), ("sure", MAR, JUN), ("open", JUN, SEP)]),
        ({"last_confirmed": None}, [("open", JAN, SEP)]),
        ({"last_confirmed": date(2025, 2, 1)}, [("open", JAN, SEP)]),  # before the latest start: no day is sure
        (
            {"ending": "known", "end_earliest": JUN, "end_latest": SEP},
            [("open", JAN, MAR), ("sure", MAR, JUN), ("open", JUN, SEP)],
        ),
        ({"ending": "known", "end_earliest": None, "end_latest": SEP}, [("open", JAN, SEP)]),
        ({"start_earliest": None}, [("sure", MAR, JUN), ("open", JUN, SEP)]),
        (
            {"start_earliest": MAR, "last_confirmed": MAR, "as_of": MAR},
            [("sure", MAR, date(2025, 3, 13))],
        ),  # drawn as twelve days
    ],
)
def test_only_what_something_vouches_for_is_drawn_as_sure(
    changes: dict[str, object], parts: list[tuple[str, date, date]]
) -> None:
    assert gantt._parts({**ROW, **changes}) == parts


@pytest.mark.parametrize("end", [None, "2025-08-05"])
def test_every_kind_stands_in_the_legend_once(folder: Folder, end: str | None) -> None:
    folder.event.update(
        end=end, ongoing="true" if end is None else "false"
    )  # the end within the start's bounds: no day is sure
    if end:
        folder.event["stages"][1]["date"] = "2025-08-03"
    dataset = folder.dataset()
    bars = [trace for trace in figures.timeline(analysis.timeline(dataset), footer="x").data if trace.type == "bar"]
    assert [trace.name for trace in bars if trace.showlegend] == ["Feature block"]


def test_one_row_a_platform(figure: go.Figure) -> None:
    assert list(figure.layout.yaxis.ticktext) == ["Telegram", "WhatsApp"]


def test_the_footer_names_version_and_state_of_review(figure: go.Figure) -> None:
    (text,) = (one.text.replace("<br>", " ") for one in figure.layout.annotations if one.name == "footer")
    assert "machine-coded, unreviewed preview" in text
    assert "version unreleased" in text


def test_a_footer_is_not_optional(folder: Folder) -> None:
    with pytest.raises(TypeError, match="footer"):
        figures.timeline(analysis.timeline(folder.dataset()))  # type: ignore[call-arg]


def test_texts_of_records_stay_texts(folder: Folder) -> None:
    folder.event["title"] = '<a href="https://evil.example">x</a><script>1</script>'
    dataset = folder.dataset()
    text = str(figures.timeline(analysis.timeline(dataset), footer=dataset.cite()).data)
    assert "<a href" not in text
    assert "<script" not in text
    assert "&lt;a href" in text


def test_measures_of_one_platform_do_not_lie_on_one_another(released: Dataset) -> None:
    frame = analysis.timeline(released.where(country="RU"))
    rows, lanes = gantt._lanes(frame)
    drawn = pl.DataFrame([{k: row[k] for k in ("platform_id", "lane", "event_id")} for row in rows])
    assert drawn.height == frame.height
    assert drawn.group_by("lane").agg(pl.col("platform_id").n_unique())["platform_id"].max() == 1
    ordered = sorted(lanes.values())
    assert all(before[1] < after[0] for before, after in pairwise(ordered))


def test_every_access_type_has_its_colour() -> None:
    from rightsdata.vocabulary import Family, RestrictionType

    assert set(figures.COLOURS) == {kind.value for kind in RestrictionType if kind.family is Family.ACCESS}
    assert len(set(figures.COLOURS.values())) == len(figures.COLOURS)


def test_an_empty_frame_gives_a_figure_that_says_so(released: Dataset) -> None:
    empty = released.where(country="AQ")
    figure = figures.timeline(analysis.timeline(empty), footer=empty.cite())
    assert "No measure" in figure.layout.annotations[0].text


def test_no_chart_can_be_sent_anywhere(figure: go.Figure) -> None:
    assert figures.CONFIG["showSendToCloud"] is False
    assert "sendChartToCloud" in figure.layout.modebar.remove  # in a notebook, where CONFIG does not reach


@pytest.mark.parametrize("method", ["turnbull", "kaplan_meier"])
def test_the_survival_figure_draws_what_its_analysis_returns(released: Dataset, method: str) -> None:
    one = figures.survival(analysis.survival(released, method=method), footer="x")
    assert {trace.name for trace in one.data} - {"95 % interval", "may have fallen earlier", None} == {
        "share still in force"
    }
    few = released.where(restriction_type=["service_block", "throttling"])
    lines = figures.survival(analysis.survival(few, by="restriction_type", method=method), footer="x")
    assert {(trace.name or "").split(" (")[0] for trace in lines.data} == {"Service block", "Throttling"}
