"""One advocacy brief from one Dataset: a self-contained HTML page that asks the network for nothing.

A brief arranges what `analysis` counts and `figures` draws, beside the counting rules, the sources and the limits of
the data. Every text from a record is escaped; links are http(s) only, and live only for publishers whose control is
known, archives, courts and governments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup
from plotly import offline

from rightsdata import analysis, dates, figures, files, pages
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

MOST_PLATFORMS = 20
"""Rows of the timeline figure; more cannot be read on one page, and the table below it holds the rest."""

_LINK = re.compile(r"https?://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\.?(?::[0-9]{1,5})?(?:[/?#][^\s\"'<>\\]*)?")
"""What may be a live link, whatever a hostile release holds: a plain host name, no user name, no backslash."""

ARCHIVES = ("web.archive.org", "archive.org", "archive.today", "archive.ph", "perma.cc")
"""Hosts of web archives, whose pages may be live links."""

_PHONE = {"dragmode": False, "xaxis": {"fixedrange": True}, "yaxis": {"fixedrange": True}}
"""On a page that scrolls, a finger on the figure must go on scrolling it."""


def write(dataset: Dataset, path: str | Path, *, focus: str | None = None) -> Path:
    """Write a brief on these events.

    Args:
        dataset: usually a selection, such as `ds.where(country="RU")`.
        path: the HTML file to write; it is replaced whole or not at all.
        focus: id of the event whose road is told in full; by default the one with the most stages among those that
            count (see `analysis.effective`), or among all if none counts.

    Returns:
        The path.

    Raises:
        UnknownTerm: if the dataset is empty or has no such event.
    """
    path = Path(path)
    if not len(dataset):
        raise UnknownTerm(
            "no event meets these conditions; that means not searched or nothing found, never that nothing happened"
        )
    files.write(path, render(dataset, focus=focus))
    return path


def render(dataset: Dataset, *, focus: str | None = None) -> str:
    """The brief as HTML text; see `write`."""
    labels = _labels(dataset)
    countries = dict(dataset.countries.select("code", "name_en").iter_rows())
    chosen = focus or _focus(dataset)
    shown = analysis.timeline(dataset, most=MOST_PLATFORMS)
    figure = figures.bare(figures.timeline(shown, footer=dataset.cite()))
    figure.update_layout(_PHONE)
    scripts = [offline.get_plotlyjs(), figures.plot_script("timeline", figure)]
    numbers = {source: number for number, source in enumerate(_ordered_sources(dataset), start=1)}
    return pages.render(
        "brief.html",
        {"day": spell, "spelled": _day},
        several=several,
        place=_place(dataset, countries),
        note=dataset.review_note,
        dataset=dataset,
        labels=labels,
        countries=countries,
        policy=figures.policy(scripts),
        scripts=[Markup(script) for script in scripts],  # noqa: S704  # Plotly itself, and JSON with every < escaped
        key_figures=_key_figures(dataset),
        timeline=shown.to_dicts(),
        timeline_alt=figures.alt_text(figure),
        reviews=dict(dataset.events.select("event_id", pl.col("review").cast(pl.String)).iter_rows()),
        targets_shown=shown.select("country", "platform_id").unique().height,
        targets_in_all=analysis.timeline(dataset).select("country", "platform_id").unique().height,
        counted=len(analysis.effective(dataset)),
        methods=analysis.methods(dataset).to_dicts(),
        legal_bases=analysis.legal_bases(dataset).to_dicts(),
        groups=_groups(dataset, numbers),
        focus=_events(analysis.only(dataset, chosen), numbers)[0],
        lifecycle=analysis.road(dataset, chosen).to_dicts(),
        responses=_responses(dataset, chosen, numbers),
        who_says=analysis.who_says(dataset, chosen).to_dicts(),
        coverage=analysis.coverage(dataset).to_dicts(),
        last_confirmed=analysis.last_confirmed(dataset).to_dicts(),
        sources=list(_sources(dataset, numbers)),
    )


def spell(text: str | None, nothing: str = "not known") -> str:
    """A date as coded, in words: "about August 2025", "between 1 and 13 August 2025", "on or before 13 August 2025"."""
    if text is None:
        return nothing
    bound = dates.parse(text)
    first, last = bound.earliest, bound.latest
    if first is None:
        return f"on or before {_day(last)}"
    if first == last:
        words = _day(first)
    elif text.startswith("["):
        same_month = (first.year, first.month) == (last.year, last.month)
        words = f"between {first.day if same_month else _day(first)} and {_day(last)}"
    elif len(text.rstrip("~")) == 7:
        words = f"{_MONTHS[first.month - 1]} {first.year}"
    else:
        words = f"{first.year}"
    return f"about {words}" if bound.approximate else words


def several(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 event", "2 events"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _labels(dataset: Dataset) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for vocabulary, code, label in dataset.terms.select("vocabulary", "code", "label_en").iter_rows():
        found.setdefault(vocabulary, {})[code] = label
    return found


def _place(dataset: Dataset, countries: dict[str, str]) -> str:
    codes = dataset.events["country"].unique(maintain_order=True).to_list()
    names = [countries.get(code, code) for code in codes]
    return (
        names[0]
        if len(names) == 1
        else " and ".join(names)
        if len(names) == 2
        else f"{len(names)} countries and territories"
    )


def _focus(dataset: Dataset) -> str:
    counted = analysis.effective(dataset)
    pool = counted if len(counted) else dataset
    longest = pool.stages.group_by("event_id").len().sort(["len", "event_id"], descending=[True, False])
    return str(longest["event_id"][0])


def _key_figures(dataset: Dataset) -> list[dict[str, Any]]:
    counted = analysis.effective(dataset)
    on = counted.where(status="in_force")
    bases = dict(analysis.legal_bases(dataset).select("type", "events").iter_rows())
    days = on.events["last_confirmed"].drop_nulls().sort()
    rule = "Not 'blocked now'"
    if len(days):
        rule += f": last confirmed {'on' if days[0] == days[-1] else 'between'} {_day(days[0])}"
        rule += "." if days[0] == days[-1] else f" and {_day(days[-1])}."
    missing = bases.get("not_found", 0)
    also = f" For another {missing} none was found, which is not the same." if missing else ""
    return [
        {
            "value": len(counted),
            "name": "measures that cut or hindered access"
            if len(counted) != 1
            else "measure that cut or hindered access",
            "rule": "Events of the access family that took effect and bind the public. One event is one kind of restriction by one "
            "initiator on the same targets in one territory over one period.",
        },
        {"value": len(on), "name": "of them in force when last confirmed", "rule": rule.rstrip(".") + "."},
        {
            "value": counted.targets["platform_id"].n_unique(),
            "name": "platforms and collective targets hit",
            "rule": "Distinct targets of these measures, meant or collateral; 'VPN services' or 'all internet access' count as one each.",
        },
        {
            "value": bases.get("none_stated", 0),
            "name": "with no legal basis stated",
            "rule": f"A source says that none was given.{also}",
        },
        {
            "value": counted.events.filter(pl.col("confidence").cast(pl.String) == "high").height,
            "name": "with two independent publishers or more",
            "rule": "Copies of one text count once; parties to the event and publishers of unknown control do not count.",
        },
        {
            "value": len(dataset) - len(counted),
            "name": "other events beside them",
            "rule": "Rules (duties, bans on use, liability, enabling powers), plans that never applied, and measures on some people only: "
            "listed below, never added to the first figure.",
        },
    ]


def _groups(dataset: Dataset, numbers: dict[str, int]) -> list[tuple[str, list[dict[str, Any]]]]:
    """All events under three headings, the newest first."""
    counted = set(analysis.effective(dataset).events["event_id"])
    groups: dict[str, list[dict[str, Any]]] = {
        "Measures that cut or hindered access": [],
        "Rules, and measures on some people only": [],
        "Plans that never applied, as far as known": [],
    }
    first, second, third = groups.values()
    for event in _events(dataset, numbers):
        (first if event["event_id"] in counted else second if event["took_effect"] else third).append(event)
    return [(heading, events) for heading, events in groups.items() if events]


def _events(dataset: Dataset, numbers: dict[str, int]) -> list[dict[str, Any]]:
    cited: dict[str, list[int]] = {}
    for event, source in dataset.citations.select("event_id", "source_id").iter_rows():
        cited.setdefault(event, []).append(numbers[source])
    hit: dict[str, dict[str, list[str]]] = {}
    targets = dataset.targets.join(dataset.platforms, on="platform_id", maintain_order="left")
    for event, name, feature in targets.select("event_id", "name", pl.col("feature").cast(pl.String)).iter_rows():
        hit.setdefault(event, {}).setdefault(name, []).append(feature)
    newest = pl.coalesce("start_latest", "as_of")
    return [
        {**row, "hit": hit.get(row["event_id"], {}), "cites": sorted(cited.get(row["event_id"], []))}
        for row in dataset.events.sort(newest, "event_id", descending=[True, False]).iter_rows(named=True)
    ]


def _responses(dataset: Dataset, event_id: str, numbers: dict[str, int]) -> list[dict[str, Any]]:
    rows = dataset.responses.filter(pl.col("event_id") == event_id).sort(
        pl.coalesce("date_earliest", "date_latest"), "position", nulls_last=True
    )
    return [{**row, "cites": sorted(numbers[one] for one in row["source_ids"])} for row in rows.iter_rows(named=True)]


def _ordered_sources(dataset: Dataset) -> list[str]:
    """Sources in the order in which the list of events cites them first."""
    newest = dataset.events.select("event_id", newest=pl.coalesce("start_latest", "as_of"))
    cited = dataset.citations.join(newest, on="event_id").sort(
        ["newest", "event_id", "position"], descending=[True, False, False]
    )
    return cited["source_id"].unique(maintain_order=True).to_list()


def _sources(dataset: Dataset, numbers: dict[str, int]) -> Iterable[dict[str, Any]]:
    control = dict(dataset.publishers.select("publisher", pl.col("control").cast(pl.String)).iter_rows())
    for row in sorted(dataset.sources.iter_rows(named=True), key=lambda row: numbers[row["source_id"]]):
        known = control.get(row["publisher"], "unknown")
        yield {**row, "number": numbers[row["source_id"]], "control": known, "live": _live(row, known)}


def _live(source: dict[str, Any], control: str) -> str | None:
    """The address that may be a live link: the archived copy, or the page of a publisher whose control is known."""
    for url in (source["archive_url"], source["url"]):
        match = _LINK.fullmatch(url or "")
        if match and (control != "unknown" or match[1].lower().removeprefix("www.") in ARCHIVES):
            return str(url)
    return None
