"""The exceptions of rightsdata, and the problem report that they carry.

RightsdataError                 everything that rightsdata raises on purpose
├── InvalidData                 records or frames break the rules; holds every Problem
├── IntegrityError              the bytes of a release are not the ones its manifest names
├── SignatureError              a key or signature that cannot be read, or of another key than the one named
├── UnknownVersion              no such release is at hand
├── FetchError                  a release could not be fetched; holds each mirror's reason
├── MirrorError                 one mirror is down, lacks a file or lies; a fetch goes on to the next one
├── SettingsError               a setting cannot be used as it is
├── UnreadableFile               a file from outside is not what it should be, or is cut, locked or too large
├── SheetError                  a workbook or CSV file cannot be read or written at all
├── UnknownTerm                 a code that no vocabulary or table of the dataset holds
├── ReleaseError                a release cannot be written or read as asked
│   └── GateError               the files of a release do not pass the gate; holds the report
├── MissingExtra                an optional dependency is not installed
└── MissingBrowser              no Chrome or Chromium is installed

ReleaseWarning                  a release was yanked, or a mirror was passed over
MatchWarning                    pairs that were too many to compare were left out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what was found, what was expected, the likely remedy.

    `file` is a path relative to the checked folder, or the name of a frame; `line` counts from 1 and
    is 0 where there is none. `rule` is the stable name that a program may filter by. Texts are cut and made
    printable when the problem is made: what a hostile file says cannot steer a terminal or a log.
    """

    file: str
    line: int
    field: str
    found: str
    expected: str
    remedy: str
    rule: str
    severity: Severity = "error"
    also: str = ""
    """The other file that the problem is about, where two clash."""

    def __post_init__(self) -> None:
        for name in ("file", "field", "found", "expected", "remedy", "also"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.severity}: {self.field}: found {self.found}; expected {self.expected}"
        return f"{text}. {self.remedy} [{self.rule}]" if self.remedy else f"{text} [{self.rule}]"


def printable(text: str, longest: int = 400) -> str:
    """The text with everything that is not printable escaped, and cut in the middle if it is longer than `longest`."""
    if len(text) > longest:
        text = f"{text[: longest - 40]} … {text[-30:]}"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


class RightsdataError(Exception):
    """Base of every exception that rightsdata raises on purpose."""


class InvalidData(RightsdataError):
    """Records or frames break the rules; `problems` holds all of them, warnings too, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        errors = [p for p in self.problems if p.severity == "error"]
        shown = "\n".join(f"  {p}" for p in errors[:20])
        more = f"\n  … and {len(errors) - 20} more, all in .problems" if len(errors) > 20 else ""
        super().__init__(f"{len(errors)} error{'s' * (len(errors) != 1)} in the data:\n{shown}{more}")


class IntegrityError(RightsdataError):
    """The bytes of a release are not the ones that its manifest names."""


class SignatureError(RightsdataError):
    """A key or signature that cannot be read, or that is of another key than the one named."""


class UnknownVersion(RightsdataError):
    """No such release is at hand."""


class FetchError(RightsdataError):
    """A release could not be fetched; `reasons` tells why, by mirror in the order in which they were tried."""

    def __init__(self, message: str, reasons: Mapping[str, str] | None = None) -> None:
        self.reasons: Mapping[str, str] = dict(reasons or {})
        super().__init__("\n".join([message, *(f"  {mirror}: {reason}" for mirror, reason in self.reasons.items())]))


class MirrorError(RightsdataError):
    """One mirror is down, lacks a file or lies; what a mirror sent is shown only in printable characters."""

    def __init__(self, reason: str, kind: Literal["down", "lacking", "lying"] = "down") -> None:
        self.kind = kind
        super().__init__(printable(reason))


class SettingsError(RightsdataError):
    """A setting cannot be used as it is; the message names the variable or file."""


class UnreadableFile(RightsdataError):
    """A file from outside is not what it should be: what was found, what was expected, what to do."""

    def __init__(self, file: object, found: str, expected: str, remedy: str = "") -> None:
        self.found, self.expected, self.remedy = found, expected, remedy
        text = f"{file}: found {found}; expected {expected}"
        super().__init__(printable(f"{text}. {remedy}" if remedy else text, 1_000))


class SheetError(RightsdataError):
    """A workbook or CSV file cannot be read or written at all; says what was found, what was expected and the remedy."""

    def __init__(self, file: str, found: str, remedy: str) -> None:
        super().__init__(f"{printable(file)}: found {printable(found)}. {remedy}")


class UnknownTerm(RightsdataError):
    """A code that no vocabulary or table of the dataset holds."""


class ReleaseError(RightsdataError):
    """A release cannot be written or read as asked."""


class GateError(ReleaseError):
    """The files of a release do not pass the gate; `report` is the `gate.Report`, `lines` say what is wrong, one a rule."""

    def __init__(self, report: object, lines: Iterable[str]) -> None:
        self.report = report
        self.lines: Sequence[str] = tuple(lines)
        count = len(self.lines)
        shown = "\n".join(f"  {line}" for line in self.lines[:20])
        more = f"\n  … and {count - 20} more, all in .lines" if count > 20 else ""
        super().__init__(f"the gate lets nothing through, for {count} rule{'s' * (count != 1)} not met:\n{shown}{more}")


class MissingExtra(RightsdataError):
    """An optional dependency is not installed; the message gives the command that installs it."""

    def __init__(self, task: str, package: str, extra: str) -> None:
        super().__init__(f"{task} needs {package}, which is not installed. Run: pip install 'rightsdata[{extra}]'")


class MissingBrowser(RightsdataError):
    """No Chrome or Chromium is installed; the message says how to get one."""

    def __init__(self, task: str) -> None:
        super().__init__(
            f"{task} needs Chrome or Chromium, and none is found. Install one (Debian: apt install chromium), or set "
            "BROWSER_PATH to the file of one that is installed elsewhere. HTML needs none: save as .html"
        )


class ReleaseWarning(UserWarning):
    """A release was yanked, or a mirror was passed over; the message gives the reason."""


class MatchWarning(UserWarning):
    """Pairs that were too many to compare were left out; the message says which."""
