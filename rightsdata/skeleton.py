"""The skeleton of a new record, to be filled in by a coder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from rightsdata import records
from rightsdata.columns import TO_DO
from rightsdata.vocabulary import RestrictionType


def write(
    root: Path, *, country: str, restriction_type: str, date: str, slug: str, platforms: Sequence[str] = ()
) -> Path:
    """Write the skeleton of a new record at its place in a data folder.

    Args:
        root: the data folder.
        country: ISO code; where people are affected.
        restriction_type: a term of the vocabulary.
        date: `2025` or `2025-08`, the year or month that goes into the id.
        slug: the last part of the id.
        platforms: platform ids to target.

    Returns:
        The file. It holds every field that a coder fills in, texts to be replaced beginning with "To do:", which
        `check` reports.

    Raises:
        ValueError: for a value that no record may hold, with the remedy.
        FileExistsError: if there is such a record already; it is left alone.
    """
    rows = records.Rows(root)
    for name in ("countries", "platforms"):
        records.add_table(
            rows, name, records.content_of(root / f"reference/{name}.csv", rows) or "", f"reference/{name}.csv"
        )
    if rows.problems:
        raise ValueError(str(rows.problems[0]))
    if country not in {row["code"] for row in rows.tables["countries"]}:
        raise ValueError(
            f"no country {country!r}; write the ISO 3166-1 alpha-2 code of a row of reference/countries.csv, such as RU"
        )
    _choose("restriction type", restriction_type, RestrictionType)
    for platform in platforms:
        _choose("platform", platform, (row["platform_id"] for row in rows.tables["platforms"]))
    if not re.fullmatch(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?", date):
        raise ValueError(f"{date!r} is no year or month; write one such as 2025 or 2025-08")
    if not re.fullmatch(r"(?![0-9]{2}-)[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise ValueError(
            f"{slug!r} is no slug; write lower-case letters and digits joined by hyphens, such as whatsapp-calls"
        )
    event_id = f"{country.lower()}-{date}-{slug}"
    network: dict[str, str] = {
        RestrictionType.NETWORK_SHUTDOWN: "internet",
        RestrictionType.MOBILE_SHUTDOWN: "mobile_internet",
    }
    unnamed = network.get(restriction_type, f"{TO_DO} a platform_id of reference/platforms.csv")
    feature = f"{TO_DO} calls, messaging …" if restriction_type == RestrictionType.FEATURE_BLOCK else "all"
    page = {
        "id": "s1",
        "url": f"{TO_DO} https://…",
        "publisher": f"{TO_DO} a publisher of reference/publishers.csv",
        "title": f"{TO_DO} the page's title",
        "language": "en",
        "type": "news",
        "supports": ["stages", "targets"],
    }
    record = {
        "event_id": event_id,
        "country": country,
        "title": f"{TO_DO} what happened, in at most 100 characters",
        "summary": f"{TO_DO} the event in a few sentences, in your own words",
        "restriction_type": restriction_type,
        "initiator": "state",
        "attribution": "unknown",
        "population": "public",
        "pattern": "continuous",
        "acknowledgement": "unknown",
        "review": "human_coded",
        "targets": [
            {"platform_id": one, "feature": feature, "role": "intended"}
            for one in dict.fromkeys(platforms) or [unnamed]
        ],
        "stages": [
            {
                "date": date,
                "stage": "reported",
                "note": f"{TO_DO} the first step that a source reports",
                "sources": ["s1"],
            }
        ],
        "sources": [page],
    }
    folder = root / "events" / country
    if folder.is_symlink() or folder.parent.is_symlink():
        raise ValueError(f"{folder} is a symbolic link; records are written into the data folder itself")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{event_id}.yaml"
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(records.write_event(record))
    return path


def _choose(what: str, value: str, allowed: Iterable[str]) -> None:
    names = [str(name) for name in allowed]
    if value not in names:
        close = difflib.get_close_matches(value, names, n=1)
        hint = (
            f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names[:20])}{' …' * (len(names) > 20)}"
        )
        raise ValueError(f"no {what} {value!r}; {hint}")
