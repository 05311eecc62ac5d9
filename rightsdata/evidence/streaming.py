"""A series of any size against events, part by part, so that memory stays small and an interrupted run goes on where it stopped.

Counts inside windows add up, so the sums of the parts read so far are all that a run must remember. They lie beside the
result, in `<result>.state`, with the inputs that they are of: a run that finds them goes on with the next part, and
one whose events, files or settings are not the same refuses to add to them. The folder goes when the result is written.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from rightsdata import files, series
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, Problem, UnreadableFile
from rightsdata.evidence import coverage, verdicts, windows

ROWS = 4_000_000
"""Rows of Parquet that are held in memory at a time; a CSV file is one part, so large ones are better cut or converted."""

SECONDS = 10.0
"""How often the sums are saved; an interrupted run loses no more than this time."""

_STATE, _EDGE = "state.json", 65_536
_REMEDY = "Restore the inputs to resume, or delete the folder that ends in .state to begin anew."


@dataclass(frozen=True, slots=True)
class _Input:
    """A file as it was when the run began; `edges` is the SHA-256 of its first and last 64 KiB, where Parquet keeps its footer."""

    path: str
    size: int
    changed: int
    edges: str


def run(
    events: Dataset,
    paths: str | Path | Iterable[str | Path],
    out: Path,
    *,
    days: int = windows.DAYS,
    covers: Sequence[coverage.Cover] = coverage.COVERAGE,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Corroborate events with series from files, streaming, and write the verdicts to a .parquet or .csv file.

    Every part is checked (`series.check`) before it is counted; rows that repeat a key are not looked for, as that would need
    all keys in memory.

    Args:
        events: see `corroborate`.
        paths: see `series.read`.
        out: the file to write; verdicts that are there are replaced, and passed over where they lie among the series.
        days: see `corroborate`.
        covers: see `corroborate`.
        progress: called with the bytes read so far and in all.

    Returns:
        What was written: see `corroborate`.

    Raises:
        InvalidData: for series that are not sound, for an `out` that is one of them or cannot be written, and for state of a run
            over other inputs; the columns of all files are looked at before the first is read.
        ValueError: for another suffix.
    """
    if out.suffix not in series.SUFFIXES:
        raise ValueError(f"found {out.suffix or 'no suffix'!r}; expected a file that ends in .parquet or .csv")
    state = state_of(out)
    places = _inputs(paths, out)
    series.read_files(places)
    targets = windows.targets(events, days=days)
    wanted = windows.days_wanted(targets, covers)
    inputs = [_input(file) for file in places]
    asked = hashlib.sha256(repr([targets.rows(), list(covers), ROWS]).encode()).hexdigest()
    done, sums = _resumed(state, asked, inputs)
    parts, waiting = [sums], 0
    saved, read, whole = time.monotonic(), 0.0, sum(one.size for one in inputs)
    at_first = dict(zip(places, inputs, strict=True))
    for number, part in enumerate(_parts(at_first), 1):
        if number > done:
            parts.append(windows.sums(_read(part), wanted))
            for file in part.files:
                if _input(file) != at_first[file]:
                    raise InvalidData([_changed(str(file), "a file that changed while it was read", "a file at rest")])
            waiting += parts[-1].height
            late = time.monotonic() - saved > SECONDS
            if late or waiting > max(parts[0].height, ROWS // 4):  # adding up costs as much as all sums so far
                parts, waiting = [windows.added(parts)], 0
            if late:
                _save(state, asked, inputs, number, parts[0])
                saved = time.monotonic()
        read += part.size
        if progress:
            progress(round(read), whole)
    result = verdicts.judge(targets, windows.added(parts), covers)
    packed = io.BytesIO()
    result.write_parquet(packed) if out.suffix == ".parquet" else result.write_csv(packed)
    files.write_bytes(out, packed.getvalue())
    shutil.rmtree(state, ignore_errors=True)
    return result


def state_of(out: Path) -> Path:
    """The folder beside a result that holds the sums of a run that is not done."""
    return out.with_name(f"{out.name}{series.STATE}")


def read(path: str | Path) -> pl.DataFrame:
    """The verdicts that `run` wrote to a .parquet or .csv file.

    Returns:
        The columns of `verdicts.RESULT`.

    Raises:
        FileNotFoundError: if there is no such file.
        UnreadableFile: for another file.
    """
    place = Path(path)
    content = place.read_bytes()
    try:
        found = (
            pl.read_parquet(content)
            if place.suffix == ".parquet"
            else pl.read_csv(content, schema_overrides=verdicts.RESULT, infer_schema=False)
        )
        missing = [name for name in verdicts.RESULT if name not in found.columns]
        what = f"no column {', '.join(missing[:5])}" if missing else "no end of its last line"
        if not missing and (place.suffix == ".parquet" or content.endswith(b"\n")):
            return found.select(pl.col(name).cast(dtype) for name, dtype in verdicts.RESULT.items())
    except pl.exceptions.PolarsError as error:
        what = str(error).splitlines()[0][:200]
    remedy = "Give the file that it wrote, whole."
    raise UnreadableFile(place.name, what, "verdicts as `rightsdata evidence` writes them", remedy)


def _inputs(paths: str | Path | Iterable[str | Path], out: Path) -> list[Path]:
    """The files of the series, without what an earlier run left among them; a place where nothing can be written is refused now."""
    if out.is_dir() or not out.parent.is_dir():
        found = "a folder" if out.is_dir() else "no folder to write it to"
        raise _no_output(out, found, "a file in a folder that is there")
    places = series.files(paths)
    own = [one for one in places if out.exists() and one.samefile(out)]
    for one in own:
        if not _are_verdicts(one):
            raise _no_output(out, "a file of the series, which would be replaced", "another file")
    rest = [one for one in places if one not in own]
    if not rest:
        raise _no_output(out, "nothing beside it to read", "measurements, and the output elsewhere or beside them")
    return rest


def _are_verdicts(file: Path) -> bool:
    """Whether a file holds what an earlier run wrote; a series, which may be large, is known by its columns."""
    with contextlib.suppress(InvalidData):
        series.read_files([file])
        return False
    with contextlib.suppress(UnreadableFile):
        read(file)
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Part:
    """What is held in memory at a time: some whole files, or rows of one."""

    files: tuple[Path, ...]
    size: float
    """Its share of their bytes."""
    rows: tuple[int, int] | None = None
    """The first and how many, of a file that is not read whole."""


def _parts(places: Mapping[Path, _Input]) -> Iterator[_Part]:
    """The parts of files of Parquet that have at most ROWS rows together, slices of longer ones, and each file of CSV."""
    batch: list[Path] = []
    held = 0

    def whole() -> _Part:
        return _Part(tuple(batch), sum(places[file].size for file in batch))

    for file, about in places.items():
        text = series.is_text(file)
        length = 0 if text else series.length(file)
        if batch and (text or held + length > ROWS):
            yield whole()
            batch, held = [], 0
        if text:
            yield _Part((file,), about.size)
        elif length > ROWS:
            for first in range(0, length, ROWS):
                rows = min(ROWS, length - first)
                yield _Part((file,), about.size * rows / length, (first, rows))
        else:
            batch.append(file)
            held += length
    if batch:
        yield whole()


def _read(part: _Part) -> pl.DataFrame:
    """The rows of a part, once they are sound."""
    frame = series.read_files(part.files)
    found = _collected(part.files, frame if part.rows is None else frame.slice(*part.rows))
    if series.check(found.lazy(), repeated=False):
        problems: list[Problem] = []
        for file in part.files:
            one = found.lazy() if len(part.files) == 1 else series.read_files([file])
            problems += series.check(one, str(file), repeated=False)
        raise InvalidData(problems)
    return found


def _collected(places: Sequence[Path], frame: pl.LazyFrame) -> pl.DataFrame:
    try:
        return frame.collect()
    except pl.exceptions.PolarsError as error:
        if len(places) > 1:  # which of them it is, Polars does not say
            for file in places:
                _collected([file], series.read_files([file]))
        raise InvalidData([series.unreadable(places[0], error)]) from error


def _input(file: Path) -> _Input:
    about = file.stat()
    with file.open("rb") as stream:
        edges = hashlib.sha256(stream.read(_EDGE))
        stream.seek(max(0, about.st_size - _EDGE))
        edges.update(stream.read(_EDGE))
    return _Input(str(file.resolve()), about.st_size, about.st_mtime_ns, edges.hexdigest())


def _save(state: Path, asked: str, inputs: Sequence[_Input], done: int, sums: pl.DataFrame) -> None:
    """Put the sums beside the result; the file that names them is replaced last, so one whole state is always there."""
    state.mkdir(exist_ok=True)
    name = f"sums-{done}.parquet"
    packed = io.BytesIO()
    sums.write_parquet(packed, compression="lz4")
    files.write_bytes(state / name, packed.getvalue())
    told = {"asked": asked, "inputs": [asdict(one) for one in inputs], "done": done, "sums": name}
    files.write(state / _STATE, json.dumps(told))
    for old in state.glob("sums-*.parquet"):
        if old.name != name:
            old.unlink()


def _resumed(state: Path, asked: str, inputs: Sequence[_Input]) -> tuple[int, pl.DataFrame]:
    """Parts done and their sums: those of an interrupted run over the same inputs, or none."""
    if not (state / _STATE).is_file():
        return 0, pl.DataFrame(schema=windows.SUMS)
    try:
        told = json.loads((state / _STATE).read_text(encoding="utf-8"))
        there = [_Input(**one) for one in told["inputs"]]
        before, done = str(told["asked"]), int(told["done"])
        sums = pl.read_parquet(state / str(told["sums"])).cast(dict(windows.SUMS.items()))
    except (ValueError, KeyError, TypeError, OSError, pl.exceptions.PolarsError) as error:
        found = f"what no run can go on from ({type(error).__name__})"
        remedy = "Delete the folder to begin anew."
        raise InvalidData([_changed(str(state), found, "sums of this version of rightsdata", remedy)]) from error
    problems = []
    if before != asked:
        problems.append(
            _changed(str(state), "sums for other events or settings", "the events and settings of this run")
        )
    names = {one.path for one in there} ^ {one.path for one in inputs}
    problems += [
        _changed(name, "a file that only one of the two runs names", "the same files") for name in sorted(names)
    ]
    for old in there:
        if old.path not in names and old not in inputs:
            problems.append(_changed(old.path, "other content than when the run began", "the same file"))
    if not problems and there != list(inputs):
        problems.append(_changed(str(state), "the files in another order", "the same order"))
    if problems:
        raise InvalidData(problems)
    return done, sums


def _changed(place: str, found: str, expected: str, remedy: str = _REMEDY) -> Problem:
    return Problem(place, 0, "input", found, expected, remedy, rule="a_resumed_run_has_the_same_inputs")


def _no_output(out: Path, found: str, expected: str) -> InvalidData:
    remedy = "Name another file to write."
    return InvalidData([Problem(str(out), 0, "output", found, expected, remedy, rule="a_run_writes_beside_its_inputs")])
