"""figures.measured: bands on the days of the event, marks on the days of its stages, and no verdict where nobody looked."""

from __future__ import annotations

from datetime import date, timedelta

import plotly.graph_objects as go
import polars as pl

from rightsdata import evidence, figures
from rightsdata.figures import measured

FOOTER = "A citation; version 2026.11.0 (machine-coded, unreviewed preview)."


def days(periods: dict[str, int], provider: str = "ooni", **changes: str) -> pl.DataFrame:
    """So many days of each period, one after the other from 2025-01-01 on."""
    named = [period for period, count in periods.items() for _ in range(count)]
    target = {"event_id": "ru-2025-01-signal", "country": "RU", "platform_id": "signal", "feature": "all", **changes}
    return pl.DataFrame(
        [
            {**target, "provider": provider, "day": date(2025, 1, 1) + timedelta(days=at), "period": period}
            | {"measured": 10, "anomalous": 1, "failed": 0, "networks": 2, "rate": 0.1, "low": 0.02, "high": 0.4}
            for at, period in enumerate(named)
        ],
        schema=evidence.BY_DAY,
    )


def spans(figure: go.Figure) -> list[tuple[str, str]]:
    return [(one.x0, one.x1) for one in figure.layout.shapes if one.type == "rect"]


def test_a_band_covers_the_days_on_which_the_measure_surely_applied_and_a_frame_those_left_open() -> None:
    figure = figures.evidence(days({"before": 5, "between": 3, "during": 4, "after": 2}), footer=FOOTER)
    assert spans(figure) == [
        ("2025-01-08T12:00:00", "2025-01-12T12:00:00"),
        ("2025-01-05T12:00:00", "2025-01-08T12:00:00"),
    ]
    assert [one.line.dash for one in figure.layout.shapes] == [None, "dot"]
    assert [trace.name for trace in figure.data] == ["ooni", "surely applied", "left open"]
    alt = figures.alt_text(figure)
    assert "signal, ooni: before 10% (50 measurements); surely applied 10% (40 measurements); left open 10%" in alt


def test_every_target_has_a_panel_and_every_provider_one_entry_in_the_legend() -> None:
    frame = pl.concat(
        days({"before": 3, "during": 3}, provider, event_id=f"ru-2025-01-{number}")
        for number in range(measured.MOST_PANELS + 2)
        for provider in ("ooni", "other")
    )
    figure = figures.evidence(frame, footer=FOOTER)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["ooni", "other"]
    assert len(spans(figure)) == measured.MOST_PANELS
    assert "2 more, not drawn" in figure.layout.meta["rule"]
    assert len({trace.yaxis for trace in figure.data}) == measured.MOST_PANELS


def test_a_stage_is_marked_on_its_day_if_the_day_is_known() -> None:
    day = date(2025, 1, 4)
    known = {f"{stage}_{side}": None for stage in measured.STAGES for side in ("earliest", "latest")}
    stages = pl.DataFrame(
        [
            {"event_id": "ru-2025-01-signal", **known, "adopted_earliest": day, "adopted_latest": day}
            | {"in_force_earliest": day, "in_force_latest": day + timedelta(days=1)},
            {"event_id": "another", **known, "lifted_earliest": day, "lifted_latest": day},
        ],
        schema_overrides=dict.fromkeys(known, pl.Date),
    )
    figure = figures.evidence(days({"before": 3, "during": 3}), footer=FOOTER, stages=stages)
    marks = [trace for trace in figure.data if trace.y and trace.y[0] == measured._ABOVE]
    assert [(trace.name, trace.x) for trace in marks] == [("Adopted", ("2025-01-04",))]


def test_where_nobody_measured_the_figure_says_so_and_draws_no_line() -> None:
    frame = days({"before": 3}).with_columns(rate=None, low=None, high=None, measured=0)
    figure = figures.evidence(frame, footer=FOOTER)
    assert not figure.data
    assert "says nothing about what worked" in figures.alt_text(figure)


def test_a_provider_without_a_verdict_did_not_measure() -> None:
    frame = pl.DataFrame(
        {
            "event_id": ["ru-2025-01-a", "ru-2025-08-b", "ru-2024-c"],
            "country": "RU",
            "platform_id": ["signal", "whatsapp", "telegram"],
            "feature": ["all", "calls", "all"],
            "provider": ["ooni", None, "other"],
            "verdict": ["corroborated", "not_measured", "contradicted"],
            "reason": ["3 of 4.", "No test covers calls of whatsapp.", "0 of 9."],
        }
    )
    figure = figures.evidence_matrix(frame, footer=FOOTER)
    grid = figure.data[0]
    kinds = list(measured.VERDICTS)
    assert [[kinds[one] for one in line] for line in grid.z] == [
        ["corroborated", "not_measured"],
        ["not_measured", "not_measured"],
        ["not_measured", "contradicted"],
    ]
    assert figure.layout.xaxis.ticktext == ("ooni", "other")
    assert figure.layout.yaxis.ticktext[1:] == ("Russia 2025-08:<br>whatsapp, calls", "Russia 2024:<br>telegram")
    assert "No test covers calls" in grid.hovertext[1][0]
    signs = {trace.text[0]: len(trace.text) for trace in figure.data[1:] if trace.mode == "text" and trace.text}
    assert signs == {"✓": 1, "✗": 1, "–": 4}
    assert figures.alt_text(figure).endswith("corroborated: 1; contradicted: 1; inconclusive: 0; not measured: 4.")


def test_the_verdicts_of_the_figure_are_those_of_the_evidence() -> None:
    assert tuple(measured.VERDICTS) == evidence.VERDICTS
