"""One advocacy brief from one Dataset: a self-contained HTML page that asks the network for nothing.

A brief arranges what `analysis` counts and `figures` draws, beside the counting rules, the sources and the limits of
the data. Every text from a record is escaped; links are http(s) only, and live only for publishers whose control is
known, archives, courts and governments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import polars as pl
from markupsafe import Markup
from plotly import offline

from rightsdata import analysis, dates, figures
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

MOST_PLATFORMS = 20
"""Rows of the timeline figure; more cannot be read on one page, and the table below it holds the rest."""

ARCHIVES = ("web.archive.org", "archive.org", "archive.today", "archive.ph", "perma.cc")
"""Hosts of web archives, whose pages may be live links."""


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
        raise UnknownTerm("no event meets these conditions; that means not searched or nothing found, never that nothing happened")
    page = render(dataset, focus=focus)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    return path


def render(dataset: Dataset, *, focus: str | None = None) -> str:
    """The brief as HTML text; see `write`."""
    labels = _labels(dataset)
    countries = dict(dataset.countries.select("code", "name_en").iter_rows())
    chosen = focus or _focus(dataset)
    shown = analysis.timeline(dataset, most=MOST_PLATFORMS)
    figure = figures.timeline(shown, footer=dataset.cite(), labels=labels["restriction_type"])
    scripts = [offline.get_plotlyjs(), _plot_script("timeline", figure)]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rightsdata"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["day"] = spell
    numbers = {source: number for number, source in enumerate(dataset.sources["source_id"], start=1)}
    return environment.get_template("brief.html").render(
        place=_place(dataset, countries),
        note=dataset.review_note,
        dataset=dataset,
        labels=labels,
        countries=countries,
        policy=_policy(scripts),
        scripts=[Markup(script) for script in scripts],
        key_figures=_key_figures(dataset),
        timeline=shown.to_dicts(),
        timeline_left_out=analysis.timeline(dataset)["platform_id"].n_unique() - shown["platform_id"].n_unique(),
        figure_height=figure.layout.height,
        methods=analysis.methods(dataset).to_dicts(),
        legal_bases=analysis.legal_bases(dataset).to_dicts(),
        events=_events(dataset, numbers),
        focus=next(_events(dataset.where(event_id=chosen), numbers)),
        lifecycle=analysis.lifecycle(dataset, chosen).to_dicts(),
        responses=_responses(dataset, chosen, numbers),
        who_says=analysis.who_says(dataset, chosen).to_dicts(),
        coverage=analysis.coverage(dataset).to_dicts(),
        last_confirmed=analysis.last_confirmed(dataset).to_dicts(),
        sources=list(_sources(dataset, numbers)),
    )


def spell(text: str | None, nothing: str = "not known") -> str:
    """A date as coded, in words: "August 2025, about", "one day from 1 to 13 August 2025"."""
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
    return names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{len(names)} countries and territories"


def _focus(dataset: Dataset) -> str:
    counted = analysis.effective(dataset)
    pool = counted if len(counted) else dataset
    longest = pool.stages.group_by("event_id").len().sort(["len", "event_id"], descending=[True, False])
    return str(longest["event_id"][0])


def _key_figures(dataset: Dataset) -> list[dict[str, Any]]:
    counted = analysis.effective(dataset)
    on = counted.where(status="in_force")
    bases = dict(analysis.legal_bases(dataset).select("type", "events").iter_rows())
    days = on.events["as_of"]
    when = f"the oldest confirmation is of {_day(days.min())}, the newest of {_day(days.max())}" if len(on) else "none"  # type: ignore[arg-type]  # Polars types min() as any Python value
    return [
        {
            "value": len(counted),
            "name": "measures that cut or hindered access",
            "rule": "Events of the access family that took effect and bind the public. One event is one kind of restriction by one "
            "initiator on the same targets in one territory over one period.",
        },
        {"value": len(on), "name": "of them in force when last confirmed", "rule": f"Not 'blocked now': {when}."},
        {
            "value": counted.targets["platform_id"].n_unique(),
            "name": "platforms and collective targets hit",
            "rule": "Distinct targets of these measures, meant or collateral; 'VPN services' or 'all internet access' count as one each.",
        },
        {
            "value": bases.get("none_stated", 0),
            "name": "with no legal basis stated",
            "rule": f"A source says that none was given. For another {bases.get('not_found', 0)} none was found, which is not the same.",
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


def _events(dataset: Dataset, numbers: dict[str, int]) -> Iterable[dict[str, Any]]:
    cited = {event: [numbers[one] for one in ids if one in numbers] for event, ids in dataset.citations.group_by("event_id", maintain_order=True).agg("source_id").iter_rows()}
    names = dict(dataset.platforms.select("platform_id", "name").iter_rows())
    order = pl.coalesce("start_latest", "as_of")
    for row in dataset.events.sort(order, descending=True).iter_rows(named=True):
        yield {**row, "targets": [names.get(one, one) for one in row["platforms"]], "cites": cited.get(row["event_id"], [])}


def _responses(dataset: Dataset, event_id: str, numbers: dict[str, int]) -> list[dict[str, Any]]:
    rows = dataset.responses.filter(pl.col("event_id") == event_id).sort("date_earliest", "position", nulls_last=True)
    return [{**row, "cites": [numbers[one] for one in row["source_ids"] if one in numbers]} for row in rows.iter_rows(named=True)]


def _sources(dataset: Dataset, numbers: dict[str, int]) -> Iterable[dict[str, Any]]:
    control = dict(dataset.publishers.select("publisher", pl.col("control").cast(pl.String)).iter_rows())
    for row in dataset.sources.iter_rows(named=True):
        known = control.get(row["publisher"], "unknown")
        yield {**row, "number": numbers[row["source_id"]], "control": known, "live": _live(row, known)}


def _live(source: dict[str, Any], control: str) -> str | None:
    """The address that may be a live link: the archived copy, or the page of a publisher that is known."""
    for url in (source["archive_url"], source["url"]):
        if not url or not re.fullmatch(r"https?://[^\s\"'<>]+", url):
            continue
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        official = source["type"] in ("court", "government", "legal_text")
        if control != "unknown" or official or any(host == one or host.endswith(f".{one}") for one in ARCHIVES):
            return str(url)
    return None


def _plot_script(element: str, figure: Any) -> str:
    data = figure.to_json().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'(function(){{var f={data};Plotly.newPlot("{element}",f.data,f.layout,{json.dumps(figures.CONFIG)});}})();'


def _policy(scripts: list[str]) -> str:
    """A Content-Security-Policy that allows these very scripts, inline styles and pictures inside the page, and no address."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
