"""Briefs as files: rich HTML, light HTML, PDF and Markdown. None of them asks the network for anything."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightsdata import figures, files, pages
from rightsdata.briefs import content
from rightsdata.briefs.language import Tongue
from rightsdata.briefs.pieces import (
    Block,
    Brief,
    Cards,
    Entries,
    Heading,
    Items,
    Line,
    Link,
    Mark,
    Notes,
    Picture,
    Piece,
    Said,
    Section,
    Steps,
    Table,
    To,
    Words,
)
from rightsdata.dataset import Dataset
from rightsdata.errors import MissingBrowser, MissingExtra, RightsdataError
from rightsdata.figures import saving, wording

if TYPE_CHECKING:
    import polars as pl

KINDS = {"html": ".html", "light": ".html", "pdf": ".pdf", "md": ".md"}
"""Kinds of briefs and the ending of their files."""

LOGOS = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
"""Endings of logos and their media types."""

PICTURES = {"light": "webp", "pdf": "png"}
"""What the pictures of a kind are: WebP is small, PNG is sharp in print."""

WIDTH = {"light": 600, "pdf": 760}
"""Pixels of their pictures."""

LIGHTEST = 300_000
"""Bytes that a light brief may have; in a longer one the oldest events are told by title and facts alone."""

_PHONE = {"dragmode": False, "xaxis": {"fixedrange": True}, "yaxis": {"fixedrange": True}}
"""On a page that scrolls, a finger on the figure must go on scrolling it."""

_PRINT_SECONDS = 120

_TRIALS = 4


def write(
    dataset: Dataset,
    path: str | Path,
    *,
    language: str = "en",
    kind: str | None = None,
    focus: str | None = None,
    compare: Dataset | None = None,
    verdicts: pl.DataFrame | None = None,
    safe_share: bool = False,
    all_sources: bool = False,
    template: str | Path | None = None,
    logo: str | Path | None = None,
) -> Path:
    """Write a brief on these events.

    Args:
        dataset: usually a selection, such as `ds.where(country="RU")`.
        path: the file to write; it is replaced whole or not at all.
        language: of the brief's own words, one of `vocabulary.LANGUAGES`; titles and summaries stay as they were coded.
        kind: one of KINDS, by default what the ending of the path says: `html` (interactive, one file), `light` (HTML
            without JavaScript, with small pictures), `pdf` (tagged) or `md`.
        focus: id of the event whose road is told in full; by default the one with the most stages among those that
            count (see `analysis.effective`), or among all if none counts.
        compare: another selection to set beside this one; the two must share no event.
        verdicts: what measurements say, as `evidence.corroborate` returns it for this dataset; those of other events are
            passed over.
        safe_share: leave out live links, addresses and everything about circumvention tools, for places where
            passing these on is an offence.
        all_sources: rest the brief on all events, instead of those with an independent source alone.
        template: a folder whose `brief.html` goes before ours (see `pages.render`); not for `md`.
        logo: a picture to show at the head of the page, .png, .svg, .jpg or .webp; not for `md`.

    Returns:
        The path.

    Raises:
        UnknownTerm: if the dataset is empty or has no such event.
        ValueError: for another kind, language or ending, groups that cannot be compared, or verdicts that are none.
        MissingExtra: if pictures are asked for (`light`, `pdf`) and kaleido is not installed.
        MissingBrowser: if these are asked for and there is no Chrome or Chromium.
    """
    path = Path(path)
    if kind is None:
        kind = {ending: name for name, ending in reversed(KINDS.items())}.get(path.suffix.lower())
    if kind not in KINDS or path.suffix.lower() != KINDS[kind]:
        endings = ", ".join(f"{name} ({ending})" for name, ending in KINDS.items())
        raise ValueError(f"a brief is one of {endings}; found {kind or 'no kind'} for the file {path.name!r}")
    if kind == "md" and (template or logo):
        raise ValueError("a brief in Markdown takes no template and no logo; choose html, light or pdf")
    text = render(
        dataset,
        kind=kind,
        language=language,
        focus=focus,
        compare=compare,
        verdicts=verdicts,
        safe_share=safe_share,
        all_sources=all_sources,
        template=template,
        logo=logo,
    )
    if kind == "pdf":
        files.write_bytes(path, printed(text))
    else:
        files.write(path, text)
    return path


def render(
    dataset: Dataset,
    *,
    kind: str = "html",
    template: str | Path | None = None,
    logo: str | Path | None = None,
    **choices: Any,
) -> str:
    """The brief as text, HTML or Markdown.

    Args:
        dataset: see `write`.
        kind: one of KINDS; for `pdf` the page that is printed.
        template: see `write`.
        logo: see `write`.
        **choices: language, focus, compare, verdicts, safe_share and all_sources of `write`.
    """
    brief = content.brief(dataset, compact=kind == "light", **choices)
    tongue = Tongue(dataset, brief.language, safe=brief.safe)
    if kind == "md":
        return markdown(brief, tongue)
    look: dict[str, Any] = {"kind": kind, "shots": _shots(brief, kind), "template": template, "logo": logo}
    text = _html(brief, tongue, **look)
    if kind == "light" and len(text.encode()) > LIGHTEST:
        return _shortened(dataset, text, lambda brief: _html(brief, tongue, **look), choices)
    return text


def _shortened(dataset: Dataset, whole: str, written: Callable[[Brief], str], choices: dict[str, Any]) -> str:
    """The light brief with as many events told in full as LIGHTEST allows, found by the length of those tried before."""

    def tried(most: int) -> str:
        return written(content.brief(dataset, compact=True, most=most, **choices))

    few, many = 0, len(dataset)
    least = tried(few)
    shortest, longest = len(least.encode()), len(whole.encode())
    for _ in range(_TRIALS):
        at = few + (many - few) * (LIGHTEST - shortest) // max(longest - shortest, 1)
        if not few < at < many:
            break
        text = tried(at)
        if (length := len(text.encode())) > LIGHTEST:
            many, longest = at, length
        else:
            few, least, shortest = at, text, length
    return least


def _pictures(brief: Brief) -> list[Picture]:
    return [block for section in brief.sections for block in section.blocks if isinstance(block, Picture)]


def _shots(brief: Brief, kind: str) -> dict[str, str]:
    """The figures of a kind without scripts as data: URIs, by their names; a light brief has one."""
    if kind not in PICTURES:
        return {}
    media = PICTURES[kind]
    kept = [one for one in _pictures(brief) if kind == "pdf" or one.name == "timeline"]
    drawn = figures.pictures([one.figure for one in kept], media, width=WIDTH[kind])
    return {
        one.name: f"data:image/{media};base64,{base64.b64encode(data).decode()}"
        for one, data in zip(kept, drawn, strict=True)
    }


def _html(
    brief: Brief, tongue: Tongue, kind: str, shots: dict[str, str], template: str | Path | None, logo: str | Path | None
) -> str:
    program: dict[str, Any] = {"policy": figures.policy([]), "scripts": []}
    if kind == "html" and (shown := _pictures(brief)):
        for one in shown:
            one.figure.update_layout(_PHONE)
        program = figures.program(*(figures.plot_script(one.name, one.figure) for one in shown))
    return pages.render(
        "brief.html",
        folder=Path(template) if template else None,
        brief=brief,
        words=tongue.words,
        right=brief.language in wording.RIGHT_TO_LEFT,
        compact=kind == "light",
        printed=kind == "pdf",
        **program,
        shots=shots,
        logo=_logo(Path(logo)) if logo else None,
    )


def _logo(path: Path) -> tuple[str, str]:
    """A logo's name and its data: URI; as a picture, an SVG runs no script."""
    kind = LOGOS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"a logo ends in {', '.join(LOGOS)}; found {path.name!r}")
    return path.stem, f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def printed(html: str) -> bytes:
    """A page as PDF: tagged, with selectable text and bookmarks, printed by Chromium with its network off.

    Raises:
        MissingExtra: if kaleido, which finds the browser, is not installed.
        MissingBrowser: if there is no Chrome or Chromium.
    """
    try:
        from choreographer.browsers.chromium import Chromium
    except ImportError as error:
        raise MissingExtra("Writing a PDF", "kaleido", "figures") from error
    browser = os.environ.get("BROWSER_PATH") or Chromium.find_browser(skip_local=False)
    if not browser:
        raise MissingBrowser("Writing a PDF")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, pdf = Path(folder, "brief.html"), Path(folder, "brief.pdf")
        page.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--no-sandbox",  # as kaleido starts it; the page holds no script
            "--disable-gpu",
            *saving.OFFLINE,
            f"--proxy-server={saving.NO_PROXY}",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            "--export-tagged-pdf",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={pdf}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PRINT_SECONDS, check=False)  # noqa: S603  # no shell
        except FileNotFoundError as error:
            raise MissingBrowser("Writing a PDF") from error
        except subprocess.TimeoutExpired as error:
            raise RightsdataError(
                f"the browser did not print the brief in {_PRINT_SECONDS} seconds: {browser}"
            ) from error
        if not pdf.is_file():
            raise RightsdataError(f"the browser printed nothing (exit code {done.returncode}): {browser}")
        return pdf.read_bytes()


# ------------------------------------------------------------------------------------------ Markdown

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#&$!])")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp):|\bwww\.")


def escape(text: str) -> str:
    """Text in which Markdown sees no mark, no HTML and no address, on one line."""
    text = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    text = _ADDRESS.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)
    return re.sub(r"^([-+=]|\d+[.)](?=\s))", r"\\\1", text)


def markdown(brief: Brief, tongue: Tongue) -> str:
    """The brief as Markdown with footnotes; figures are told in words."""
    lines = [f"# {escape(brief.title)}", f"**{escape(brief.note)}**", *(_line(one) for one in brief.intro)]
    for section in brief.sections:
        lines += [f'<a id="{section.key}"></a>', f"## {_line(section.title)}", *_blocks(section, tongue)]
    return "\n\n".join(lines) + "\n"


def _blocks(section: Section, tongue: Tongue) -> list[str]:
    return [text for block in section.blocks for text in _block(block, tongue)]


def _block(block: Block, tongue: Tongue) -> list[str]:
    match block:
        case Words():
            return [{"quote": "> {}", "rule": "_{}_"}.get(block.kind, "{}").format(_line(block.line))]
        case Heading():
            return [f"### {_line(block.line)}"]
        case Items():
            return ["\n".join(f"- {_line(one)}" for one in block.lines)]
        case Cards():
            return ["\n".join(f"- **{one.value}** {escape(one.name)}. {escape(one.rule)}" for one in block.cards)]
        case Steps():
            steps = [
                f"- **{escape(one.when)}** {escape(one.kind)}: {'; '.join(map(_line, one.lines))}"
                for one in block.steps
            ]
            return ["\n".join(steps)]
        case Picture():
            return [f"{escape(tongue.words('alt'))}: {escape(block.alt)}"]
        case Table():
            rows = [[escape(one) for one in block.head], ["---"] * len(block.head)]
            rows += [[_line(cell) for cell in row] for row in block.rows]
            return ["\n".join(f"| {' | '.join(row)} |" for row in rows)]
        case Entries():
            return [
                text
                for one in block.entries
                for text in (
                    f'<a id="{_anchor(one.id)}"></a>',
                    f"#### {_line(one.title)}",
                    *(_line(line) for _, line in one.lines),
                )
            ]
        case Notes():
            return ["\n".join(f"[^{number}]: {_line(line)}" for number, line in block.notes)]


def _line(line: Line) -> str:
    return "".join(map(_piece, line)).strip()


def _piece(piece: Piece) -> str:
    if isinstance(piece, str):  # its spaces part it from its neighbours
        inner = piece.strip()
        return piece.replace(inner, escape(inner)) if inner else piece
    text = piece.text.text if isinstance(piece, To | Link) and isinstance(piece.text, Said) else str(piece.text)
    match piece:
        case To() if piece.anchor[1:].isdecimal():
            return f"[^{text}]"
        case To():
            return f"[{escape(text)}](#{_anchor(piece.anchor)})"
        case Link():
            return f"<{piece.url}>"
        case Mark():
            return f"`{text.replace('`', '')}`"
        case Said():
            return escape(text)


def _anchor(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", text)
