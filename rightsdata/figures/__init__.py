"""Analysis frames to Plotly figures, in one theme and eight languages; a figure draws and never computes.

Every function takes what the analysis of the same name returns, and a footer: the citation of the dataset, so that
no picture travels without its version and its state of review. Colours are those of Okabe and Ito, told apart by
people with the common colour-vision deficiencies, and never carry a meaning alone: patterns and marks repeat it.
Every figure says how it was counted, and `alt_text` and `to_csv` say in words and numbers what it shows.
"""

from rightsdata.figures.gantt import ladder, lifecycle, timeline
from rightsdata.figures.saving import alt_text, page, picture, pictures, plot_script, policy, save, to_csv
from rightsdata.figures.theme import COLOURS, CONFIG, bare, lay

__all__ = [
    "COLOURS",
    "CONFIG",
    "alt_text",
    "bare",
    "ladder",
    "lay",
    "lifecycle",
    "page",
    "picture",
    "pictures",
    "plot_script",
    "policy",
    "save",
    "timeline",
    "to_csv",
]
