"""Advocacy briefs: what a Dataset says, arranged for readers, as rich or light HTML, as PDF or as Markdown.

`content` says what a brief holds, in pieces that no format owns; `outputs` writes the pieces down; `language` knows
the fixed words, the labels and how a date is spelled.
"""

from rightsdata.briefs.language import Tongue
from rightsdata.briefs.outputs import KINDS, render, write

__all__ = ["KINDS", "Tongue", "render", "write"]
