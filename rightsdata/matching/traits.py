"""Traits: what of an event is compared with another: its days, kind, targets, places, sources and bodies, by number."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Context, RestrictionType

OPEN_START = 365
"""Days before the last possible start that an event with no first one ("on or before") may have begun."""

KINDS = {
    **dict.fromkeys(("messaging", "social", "video", "voip"), "social"),
    **dict.fromkeys(("network", "infrastructure"), "network"),
}
"""Kinds of platform that blocks join, since records name one collectively and another one by one; others stand alone."""

OCCASIONS = tuple(sorted(Context))
"""The terms of `contexts`, in the order of their bits."""

NATIONWIDE = ("countrywide", "nationwde", "nationwide")
"""Words that mean the whole country, whatever stands beside them."""

NATIONAL = ("all", "country", "entire", "except", "most", "nation", "national", "nationally", "near", "whole", "wide")
"""Words that mean it if no place stands beside them, or only one that is left out ("national except …")."""

_GENERIC = (
    "adjoining administered administrative and area areas around autonomous bunch camp camps capital cell central cities city "
    "counties county das del des die district districts division divisions dos east eastern federally for from governorate "
    "governorates including internet island islands las los more municipality neighboring neighbouring north northern "
    "oblast other others outside part parts police province provinces provincial region regions regional republic road "
    "several shutdown some south southern state states sub subdivision territory than the towers town towns township "
    "townships tribal und union valley various village villages west western with"
)
GENERIC = _GENERIC.split()
"""Words of an area that name no place by themselves."""


@dataclass(frozen=True)
class Traits:
    """One side of a comparison; every frame names an event by `n`, its place in the order of ids."""

    events: pl.DataFrame
    """n, event_id, country, family, kind, first, last (days on which it may have begun), ends_first, ends_last, ongoing,
    approximate, provider, network (it hits the network), services (how many other targets), grouped (one of them is collective),
    codes and words (how many of each), whole (an area names the whole country), embodied (it names a body), occasions (its
    contexts, a bit each as in OCCASIONS)."""
    blocks: pl.DataFrame
    """n, block: `network`, `social`, or the kind of another platform."""
    services: pl.DataFrame
    """n, platform: targets that are no network."""
    codes: pl.DataFrame
    """n, place: ISO 3166-2 codes."""
    places: pl.DataFrame
    """n, place: words of named areas, without those that name no place; none for an event that names the whole country."""
    texts: pl.DataFrame
    """n, title, summary: texts whose words may name a place."""
    sources: pl.DataFrame
    """n, page: addresses without scheme, archive and tracking, each once."""
    bodies: pl.DataFrame
    """n, body: names of authorities in lower case."""


def traits(dataset: Dataset, places: pl.DataFrame | None) -> Traits:
    """What is compared of each event of the family and period that the dataset holds.

    Args:
        dataset: any Dataset.
        places: event_id and name of areas that the dataset has no column for, or None.
    """
    dateless = dataset.events.filter(pl.col("start_latest").is_null()).select("event_id")
    planned = (
        dataset.stages.join(dateless, on="event_id", how="semi")
        .group_by("event_id")
        .agg(planned_first=pl.col("date_earliest").min(), planned_last=pl.col("date_latest").min())
    )
    ordered = dataset.events.select(
        "event_id", "country", "family", "restriction_type", "start_earliest", "start_latest", "start_approximate",
        "end_earliest", "end_latest", "ongoing", "provider", "admin1", "contexts", "title", "summary",
    ).sort("event_id").with_row_index("n")  # fmt: skip
    columns = ordered.lazy().join(planned.lazy(), on="event_id", how="left", maintain_order="left")
    last = pl.coalesce("start_latest", "planned_last")
    first = pl.coalesce(
        pl.when(pl.col("start_latest").is_not_null()).then("start_earliest").otherwise("planned_first"),
        last - pl.duration(days=OPEN_START),
    )
    days = pl.Int32()
    events = columns.select(
        "n",
        "event_id",
        "country",
        pl.col("family").cast(pl.String),
        kind=pl.col("restriction_type").cast(pl.String).cast(pl.Enum(RestrictionType)),
        first=first.cast(days),
        last=last.cast(days),
        ends_first=pl.col("end_earliest").cast(days),
        ends_last=pl.col("end_latest").cast(days),
        ongoing=pl.col("ongoing"),
        approximate=pl.col("start_approximate"),
        provider=pl.col("provider").cast(pl.Categorical),
        occasions=pl.sum_horizontal(
            pl.col("contexts").cast(pl.List(pl.String)).list.contains(str(one)).cast(pl.Int32) * (1 << at)
            for at, one in enumerate(OCCASIONS)
        ),
    ).collect()
    numbers = events.select("n", "event_id")
    kinds = dataset.platforms.select(
        "platform_id",
        "group",
        platform=pl.col("platform_id").cast(pl.Categorical),
        block=pl.col("kind").cast(pl.String).replace(KINDS).cast(pl.Categorical),
    )
    targets = (
        dataset.targets.join(numbers, on="event_id")
        .join(kinds, on="platform_id", how="left")
        .select(
            "n",
            platform=pl.col("platform").fill_null(pl.col("platform_id").cast(pl.Categorical)),
            block=pl.col("block").fill_null(pl.lit("other").cast(pl.Categorical)),
            group=pl.col("group").fill_null(value=False),
        )
        .unique()
    )
    cuts = events.filter(pl.col("kind").cast(pl.String).is_in(["network_shutdown", "mobile_shutdown"])).select(
        "n", block=pl.lit("network").cast(pl.Categorical)
    )
    blocks = pl.concat([targets.select("n", "block"), cuts]).unique()
    services = targets.filter(pl.col("block") != "network")
    areas = pl.DataFrame(schema={"event_id": pl.String, "name": pl.String}) if places is None else places
    named = areas.select("event_id", "name").join(numbers, on="event_id")
    own = dataset.countries.select(country="code", place=words_of(pl.col("name_en"))).explode("place")
    spoken = (
        named.join(events.select("n", "country"), on="n")
        .select("n", "country", place=words_of(pl.col("name")))
        .explode("place", empty_as_null=False)
    )
    names_none = [*NATIONWIDE, *NATIONAL, *GENERIC]
    kept = spoken.filter(~pl.col("place").is_in(names_none)).join(own, on=["country", "place"], how="anti")
    said = spoken.group_by("n").agg(
        strong=pl.col("place").is_in([*NATIONWIDE]).any(),
        weak=pl.col("place").is_in([*NATIONAL]).any(),
        left_out=pl.col("place").is_in(["except"]).any(),
    )
    placed = pl.col("n").is_in(kept["n"].unique().implode())
    whole = said.filter(pl.col("strong") | (pl.col("weak") & (pl.col("left_out") | ~placed))).select("n")
    words = kept.select("n", "place").unique().join(whole, on="n", how="anti")
    codes = ordered.select("n", place="admin1").explode("place", empty_as_null=False).unique()
    counted = (
        events.select("n")
        .join(blocks.filter(pl.col("block") == "network").select("n", network=pl.lit(value=True)), on="n", how="left")
        .join(services.group_by("n").agg(services=pl.len(), grouped=pl.col("group").any()), on="n", how="left")
        .join(codes.group_by("n").agg(codes=pl.len()), on="n", how="left")
        .join(words.group_by("n").agg(words=pl.len()), on="n", how="left")
        .join(whole.with_columns(whole=pl.lit(value=True)), on="n", how="left")
        .with_columns(pl.col(pl.Boolean).fill_null(value=False), pl.col("services", "codes", "words").fill_null(0))
        .sort("n")
    )
    pages = (
        dataset.citations.select("event_id", "source_id")
        .join(dataset.sources.select("source_id", page=_page(pl.col("url")).cast(pl.Categorical)), on="source_id")
        .join(numbers, on="event_id")
        .select("n", "page")
        .unique()
    )
    bodies = (
        dataset.authorities.join(numbers, on="event_id")
        .select("n", body=pl.col("name").str.to_lowercase().str.strip_prefix("the "))
        .unique()
    )
    texts = ordered.select("n", "title", "summary")
    events = pl.concat([events, counted.drop("n")], how="horizontal").with_columns(
        embodied=pl.col("n").is_in(bodies["n"].unique().implode())
    )
    return Traits(events, blocks, services.select("n", "platform"), codes, words, texts, pages, bodies)


def words_of(text: pl.Expr) -> pl.Expr:
    """The words of three letters and more, lower case, without accents."""
    plain = text.str.normalize("NFKD").str.replace_all(r"[\p{M}'’‘`]", "").str.to_lowercase()
    return plain.str.extract_all(r"\p{L}{3,}")


def _page(url: pl.Expr) -> pl.Expr:
    """An address without what differs between copies of it: scheme, www, archive, tracking, fragment, last slash."""
    inner = url.str.replace(r"^https?://web\.archive\.org/web/[0-9a-z_*]+/", "")
    bare = inner.str.replace(r"^https?://", "").str.replace(r"^(www|m|mobile)\.", "")
    return (
        bare.str.replace(r"#.*$", "")
        .str.replace_all(r"([?&])(utm_[a-z]+|fbclid|ref)=[^&]*", "${1}")
        .str.strip_chars_end("?&/")
    )
