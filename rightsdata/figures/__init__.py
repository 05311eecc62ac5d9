"""Analysis frames to Plotly figures, in one theme and eight languages; a figure draws and never computes.

Every function takes what the analysis of the same name returns, and a footer: the citation of the dataset, so that
no picture travels without its version and its state of review. Colours are those of Okabe and Ito, told apart by
people with the common colour-vision deficiencies, and never carry a meaning alone: patterns and marks repeat it.
Every figure says how it was counted, and `alt_text` and `to_csv` say in words and numbers what it shows.
"""

from rightsdata.figures.gantt import ladder, lifecycle, timeline
from rightsdata.figures.grids import calendar, matrix, reasons_by_context
from rightsdata.figures.lines import active_by_day, small_multiples, survival
from rightsdata.figures.measured import VERDICTS, evidence, evidence_matrix
from rightsdata.figures.places import map, tile_map  # noqa: A004  # named as what it draws
from rightsdata.figures.saving import alt_text, page, picture, pictures, plot_script, policy, program, save, to_csv
from rightsdata.figures.shares import acknowledgement, coverage, last_confirmed, legal_bases, legal_table, sourcing
from rightsdata.figures.theme import COLOURS, CONFIG, FONT, bare, lay, look
from rightsdata.figures.wording import RIGHT_TO_LEFT, country, words

__all__ = [
    "COLOURS",
    "CONFIG",
    "FONT",
    "RIGHT_TO_LEFT",
    "VERDICTS",
    "acknowledgement",
    "active_by_day",
    "alt_text",
    "bare",
    "calendar",
    "country",
    "coverage",
    "evidence",
    "evidence_matrix",
    "ladder",
    "last_confirmed",
    "lay",
    "legal_bases",
    "legal_table",
    "lifecycle",
    "look",
    "map",
    "matrix",
    "page",
    "picture",
    "pictures",
    "plot_script",
    "policy",
    "program",
    "reasons_by_context",
    "save",
    "small_multiples",
    "sourcing",
    "survival",
    "tile_map",
    "timeline",
    "to_csv",
    "words",
]
