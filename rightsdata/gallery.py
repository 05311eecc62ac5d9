"""Figures by name, each with the analysis that feeds it and the Python that makes it; one of them, or a page of all.

The code that stands under a figure is written from the same entry that draws it, so that it cannot drift from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightsdata import analysis, figures, files, pages
from rightsdata.dataset import Dataset

if TYPE_CHECKING:
    import plotly.graph_objects as go

LADDER = "ladder"
"""The one figure that is of a single platform in a single country."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which function of `analysis` feeds which function of `figures`, and with what arguments."""

    figure: str
    analysis: str
    arguments: dict[str, str] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    """Further frames for the figure: its argument, and the analysis that fills it."""

    def draw(self, dataset: Dataset, *, language: str = "en", dark: bool = False) -> go.Figure:
        """The figure of this dataset."""
        frame = getattr(analysis, self.analysis)(dataset, **self.arguments)
        layers = {name: getattr(analysis, source)(dataset) for name, source in self.layers.items()}
        draw = getattr(figures, self.figure)
        figure: go.Figure = draw(frame, **layers, footer=dataset.cite(), language=language, dark=dark)
        return figure

    def code(self, selection: dict[str, Any]) -> str:
        """The Python that draws it, from the load on."""
        chosen = ", ".join(f"{name}={value!r}" for name, value in selection.items())
        asked = "".join(f", {name}={value!r}" for name, value in self.arguments.items())
        layers = "".join(f"    {name}=rd.analysis.{source}(ds),\n" for name, source in self.layers.items())
        return (
            "import rightsdata as rd\n\n"
            f"ds = rd.load(){f'.where({chosen})' if chosen else ''}\n"
            f"figure = rd.figures.{self.figure}(\n    rd.analysis.{self.analysis}(ds{asked}),\n{layers}"
            f'    footer=ds.cite(),\n)\nrd.figures.save(figure, "{self.figure}.html")'
        )


DRAWINGS = {
    "timeline": Drawing("timeline", "timeline", layers={"stages": "lifecycle", "links": "escalations"}),
    "lifecycle": Drawing("lifecycle", "lifecycle"),
    "active_by_day": Drawing("active_by_day", "active_by_day"),
    "small_multiples": Drawing("small_multiples", "active_by_day", {"by": "restriction_type"}),
    "calendar": Drawing("calendar", "active_by_day"),
    "map": Drawing("map", "platforms_by_country"),
    "tile_map": Drawing("tile_map", "platforms_by_country"),
    "matrix": Drawing("matrix", "platforms_by_country"),
    "matrix_by_year": Drawing("matrix", "count_country_years"),
    "survival": Drawing("survival", "survival"),
    "survival_by_type": Drawing("survival", "survival", {"by": "restriction_type"}),
    "legal_bases": Drawing("legal_bases", "legal_bases"),
    "legal_bases_by_status": Drawing("legal_bases", "legal_bases", {"by": "status"}),
    "legal_bases_by_year": Drawing("legal_bases", "legal_bases", {"by": "year"}),
    "legal_table": Drawing("legal_table", "legal_reasons"),
    "acknowledgement": Drawing("acknowledgement", "acknowledgement"),
    "reasons_by_context": Drawing("reasons_by_context", "reasons_by_context"),
    "last_confirmed": Drawing("last_confirmed", "last_confirmed"),
    "coverage": Drawing("coverage", "coverage"),
    "sourcing": Drawing("sourcing", "sourcing"),
    "sourcing_by_country": Drawing("sourcing", "sourcing", {"by": "country"}),
}
"""Every figure but the ladder, which `ladder` makes of a platform and a country."""


NAMES = (LADDER, *DRAWINGS)
"""What can be asked for by name."""


def named(name: str, dataset: Dataset, selection: dict[str, Any]) -> Drawing:
    """The drawing of this name; the ladder of the one country and the one platform of the selection.

    Raises:
        ValueError: if the ladder's country or platform is not one.
    """
    if name != LADDER:
        return DRAWINGS[name]
    countries, platforms = selection.get("country") or [], selection.get("platform") or []
    if len(countries) != 1 or len(platforms) != 1:
        raise ValueError(
            f"a ladder is of one platform in one country, found {len(countries)} countries and {len(platforms)} "
            "platforms; name both, such as RU --platform whatsapp"
        )
    return Drawing(LADDER, LADDER, {"platform_id": platforms[0], "country": countries[0]})


def longest_ladder(dataset: Dataset) -> Drawing | None:
    """The ladder of the platform and country with the most measures; None if there is no measure against any."""
    rows = analysis.timeline(dataset, most=1)
    if rows.is_empty():
        return None
    return Drawing(LADDER, LADDER, {"platform_id": rows["platform_id"][0], "country": rows["country"][0]})


def write(
    dataset: Dataset,
    folder: str | Path,
    *,
    selection: dict[str, Any] | None = None,
    language: str = "en",
    dark: bool = False,
) -> Path:
    """Write `index.html` into a folder: every figure of the dataset, its words, and the code that made it.

    The page holds all it needs and asks no address for anything.

    Args:
        dataset: what to draw.
        folder: it is made if it is not there; only index.html in it is replaced.
        selection: what was given to `Dataset.where` for this dataset, so that the code under a figure says so.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Returns:
        The path of the page.
    """
    longest = longest_ladder(dataset)
    drawings = {**({LADDER: longest} if longest else {}), **DRAWINGS}
    drawn = {name: one.draw(dataset, language=language, dark=dark) for name, one in drawings.items()}
    page = pages.render(
        "gallery.html",
        language=language,
        footer=dataset.cite(),
        title=figures.words("gallery_title", language),
        code=figures.words("code", language),
        shown=[(name, drawn[name].layout.meta, one.code(selection or {})) for name, one in drawings.items()],
        right=language in figures.RIGHT_TO_LEFT,
        look=figures.look(dark),
        font=figures.FONT,
        **figures.program(*(figures.plot_script(name, figures.bare(one)) for name, one in drawn.items())),
    )
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    files.write(path / "index.html", page)
    return path / "index.html"
