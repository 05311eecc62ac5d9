"""One advocacy brief from one Dataset: a self-contained HTML page that asks the network for nothing.

A brief arranges what `analysis` counts and `figures` draws, beside the counting rules, the sources and the limits of
the data. Every text from a record is escaped; links are http(s) only, and live only for publishers whose control is
known, archives, courts and governments.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata import analysis, dates, figures, files, pages, statements
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

LADDERS = 6
"""Platforms whose steps are told one by one: those with the most."""

PICTURE = 600
"""Pixels of the picture on a light page."""

MOST_PLATFORMS = 20
"""Rows of the timeline figure; more cannot be read on one page, and the table below it holds the rest."""

_LINK = re.compile(r"https?://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\.?(?::[0-9]{1,5})?(?:[/?#][^\s\"'<>\\]*)?")
"""What may be a live link, whatever a hostile release holds: a plain host name, no user name, no backslash."""

ARCHIVES = ("web.archive.org", "archive.org", "archive.today", "archive.ph", "perma.cc")
"""Hosts of web archives, whose pages may be live links."""

_PHONE = {"dragmode": False, "xaxis": {"fixedrange": True}, "yaxis": {"fixedrange": True}}
"""On a page that scrolls, a finger on the figure must go on scrolling it."""


def write(
    dataset: Dataset,
    path: str | Path,
    *,
    focus: str | None = None,
    light: bool = False,
    safe_share: bool = False,
    all_sources: bool = False,
) -> Path:
    """Write a brief on these events.

    Args:
        dataset: usually a selection, such as `ds.where(country="RU")`.
        path: the HTML file to write; it is replaced whole or not at all.
        focus: id of the event whose road is told in full; by default the one with the most stages among those that
            count (see `analysis.effective`), or among all if none counts.
        light: a page without JavaScript, a twentieth as long, for throttled lines; its picture needs Chrome or Chromium and
            the extra `figures`.
        safe_share: leave out every address and everything about circumvention tools, for places where a link to a listed
            outlet is an offence.
        all_sources: count events without an independent source as well; by default they are listed apart as leads.

    Returns:
        The path.

    Raises:
        UnknownTerm: if the dataset is empty or has no such event.
        MissingExtra: if a light page is asked for and kaleido is not installed.
        MissingBrowser: if a light page is asked for and there is no Chrome or Chromium.
    """
    path = Path(path)
    files.write(path, render(dataset, focus=focus, light=light, safe_share=safe_share, all_sources=all_sources))
    return path


def render(
    dataset: Dataset,
    *,
    focus: str | None = None,
    light: bool = False,
    safe_share: bool = False,
    all_sources: bool = False,
) -> str:
    """The brief as HTML text; see `write`."""
    whole = statements.without_circumvention(dataset) if safe_share else dataset
    left_out = len(dataset) - len(whole)
    if not len(whole):
        raise UnknownTerm(
            "no event meets these conditions; that means not searched or nothing found, never that nothing happened"
        )
    rests = whole if all_sources else statements.independent(whole)
    leads = len(whole) - len(rests)
    if light:
        whole = rests
    labels = _labels(whole)
    countries = dict(whole.countries.select("code", "name_en").iter_rows())
    chosen = focus or _focus(rests)
    numbers = {source: number for number, source in enumerate(_ordered_sources(whole), start=1)}
    shown = analysis.timeline(rests, most=MOST_PLATFORMS)
    figure = figures.timeline(shown, footer=rests.cite())
    return pages.render(
        "brief.html",
        {"day": spell, "spelled": spell_day},
        several=several,
        place=_place(whole, countries),
        note=whole.review_note,
        dataset=whole,
        rests=rests,
        light=light,
        safe_share=safe_share,
        leads=leads,
        left_out=left_out,
        labels=labels,
        countries=countries,
        **_drawn(figure, light=light),
        paragraph=statements.paragraph(rests, _place(whole, countries)),
        key_figures=_key_figures(rests),
        timeline=shown.to_dicts(),
        timeline_alt=figures.alt_text(figure),
        reviews=dict(whole.events.select("event_id", pl.col("review").cast(pl.String)).iter_rows()),
        targets_shown=shown.select("country", "platform_id").unique().height,
        targets_in_all=analysis.timeline(rests).select("country", "platform_id").unique().height,
        ladders=[frame.to_dicts() for frame in statements.ladders(rests, LADDERS)],
        in_force=statements.in_force(rests).to_dicts(),
        regional=statements.regional(rests).to_dicts(),
        methods=analysis.methods(rests).to_dicts(),
        legal_bases=analysis.legal_bases(rests).to_dicts(),
        instruments=[
            {**row, "cites": sorted(numbers[one] for one in row["source_ids"])}
            for row in statements.instruments(rests).iter_rows(named=True)
        ],
        acknowledgement=analysis.acknowledgement(rests).to_dicts(),
        reasons=statements.reasons(rests).to_dicts(),
        groups=_groups(rests, whole, numbers),
        focus=_events(analysis.only(whole, chosen), numbers)[0],
        lifecycle=analysis.road(whole, chosen).to_dicts(),
        responses=_responses(rests, numbers),
        who_says=analysis.who_says(whole, chosen).to_dicts(),
        changes=None if dataset.history is None else whole.changes().to_dicts(),
        coverage=analysis.coverage(rests).to_dicts(),
        last_confirmed=analysis.last_confirmed(rests).to_dicts(),
        sources=list(_sources(whole, numbers, safe_share=safe_share)),
    )


def _drawn(figure: Any, *, light: bool) -> dict[str, Any]:
    """The figure as the page shows it: a picture inside the page, or scripts that the policy names."""
    if light:
        picture = base64.b64encode(figures.picture(figure, "webp", width=PICTURE)).decode()
        return {"policy": figures.policy([]), "scripts": [], "picture": f"data:image/webp;base64,{picture}"}
    bare = figures.bare(figure).update_layout(_PHONE)
    return {**figures.program(figures.plot_script("timeline", bare)), "picture": None}


def spell(text: str | None, nothing: str = "not known") -> str:
    """A date as coded, in words: "about August 2025", "between 1 and 13 August 2025", "on or before 13 August 2025"."""
    if text is None:
        return nothing
    bound = dates.parse(text)
    first, last = bound.earliest, bound.latest
    if first is None:
        return f"on or before {spell_day(last)}"
    if first == last:
        words = spell_day(first)
    elif text.startswith("["):
        same_month = (first.year, first.month) == (last.year, last.month)
        words = f"between {first.day if same_month else spell_day(first)} and {spell_day(last)}"
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


def spell_day(day: date) -> str:
    """A day in words."""
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
        rule += f": last confirmed {'on' if days[0] == days[-1] else 'between'} {spell_day(days[0])}"
        rule += "." if days[0] == days[-1] else f" and {spell_day(days[-1])}."
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
            "rule": "Distinct targets of these measures, meant or collateral; a collective target such as 'all internet access' counts as one.",
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


def _groups(rests: Dataset, whole: Dataset, numbers: dict[str, int]) -> list[tuple[str, list[dict[str, Any]]]]:
    """All events under their headings, the newest first; those that the brief does not rest on come last."""
    counted, resting = set(analysis.effective(rests).events["event_id"]), set(rests.events["event_id"])
    groups: dict[str, list[dict[str, Any]]] = {
        "Measures that cut or hindered access": [],
        "Rules, and measures on some people only": [],
        "Plans that never applied, as far as known": [],
        "Leads: no independent publisher seen, and not counted above": [],
    }
    first, second, third, leads = groups.values()
    for event in _events(whole, numbers):
        if event["event_id"] not in resting:
            leads.append(event)
        else:
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


def _responses(dataset: Dataset, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """What companies, organisations and others did about the events, the newest first."""
    rows = dataset.responses.join(dataset.events.select("event_id", "title"), on="event_id").sort(
        [pl.coalesce("date_earliest", "date_latest"), "event_id", "position"],
        descending=[True, False, False],
        nulls_last=True,
    )
    return [{**row, "cites": sorted(numbers[one] for one in row["source_ids"])} for row in rows.iter_rows(named=True)]


def _ordered_sources(dataset: Dataset) -> list[str]:
    """Sources in the order in which the list of events cites them first."""
    newest = dataset.events.select("event_id", newest=pl.coalesce("start_latest", "as_of"))
    cited = dataset.citations.join(newest, on="event_id").sort(
        ["newest", "event_id", "position"], descending=[True, False, False]
    )
    return cited["source_id"].unique(maintain_order=True).to_list()


def _sources(dataset: Dataset, numbers: dict[str, int], *, safe_share: bool) -> Iterable[dict[str, Any]]:
    control = dict(dataset.publishers.select("publisher", pl.col("control").cast(pl.String)).iter_rows())
    for row in sorted(dataset.sources.iter_rows(named=True), key=lambda row: numbers[row["source_id"]]):
        known = control.get(row["publisher"], "unknown")
        addresses = {"url": None, "live": None} if safe_share else {"live": _live(row, known)}
        yield {**row, "number": numbers[row["source_id"]], "control": known, **addresses}


def _live(source: dict[str, Any], control: str) -> str | None:
    """The address that may be a live link: the archived copy, or the page of a publisher whose control is known."""
    for url in (source["archive_url"], source["url"]):
        match = _LINK.fullmatch(url or "")
        if match and (control != "unknown" or match[1].lower().removeprefix("www.") in ARCHIVES):
            return str(url)
    return None
