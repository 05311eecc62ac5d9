"""The house: who may import whom, what is public, what an import costs."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import rightsdata as rd

PACKAGE = ROOT / "rightsdata"

IMPORTER = {"crosswalk", "drafts", "dataset", "importers", "importers.names", "importers.tables", "reading"}
"""What every provider's importer may call."""

MEASURER = IMPORTER | {"evidence.coverage", "importers.counts"}
"""What an importer of measurements may call: evidence says what a test looks at, and so which feature its rows carry."""

ALLOWED: dict[str, set[str]] = {
    # module: the modules of the package that it may import; vocabulary and errors are open to all
    "__init__": set(),
    "vocabulary": set(),
    "errors": set(),
    "dates": set(),
    "files": set(),
    "terminal": set(),
    "pages": set(),
    "signature": set(),
    "verification": {"manifest", "schema", "signature"},
    "dataset": {"dates"},
    "manifest": set(),
    # making the data
    "columns": {"dates"},
    "schema": {"columns", "dates", "manifest"},
    "rules": {"dates"},
    "validation": {"columns", "schema", "rules", "dates"},
    "notation": set(),
    "records": {"notation", "columns", "schema"},
    "skeleton": {"records", "columns"},
    "build": {"records", "notation", "validation", "schema", "dataset", "dates", "files"},
    "home": set(),
    "sheets": {
        "build",
        "files",
        "home",
        "notation",
        "reading",
        "records",
        "schema",
        "sheets.coding",
        "sheets.grids",
        "sheets.layout",
        "sheets.workbooks",
    },
    "sheets.layout": {"records", "schema"},
    "sheets.grids": set(),
    "sheets.workbooks": {"sheets.grids", "sheets.layout"},
    "sheets.coding": {"dates", "notation", "schema", "sheets.grids", "sheets.layout", "validation"},
    "sheet_commands": {"home", "sheets", "terminal"},
    "codebook": {"crosswalk", "schema", "rules", "records"},
    "changes": {"schema"},
    "metadata": {"manifest", "schema"},
    "companions": {"columns", "manifest", "rules", "schema"},
    "expectations": set(),
    "gate": {"ahead", "columns", "companions", "expectations", "pages", "schema"},
    "release": {
        "cells",
        "changes",
        "codebook",
        "expectations",
        "gate",
        "metadata",
        "manifest",
        "schema",
        "dataset",
        "files",
        "signature",
    },
    "site": {"files", "manifest", "pages", "verification"},
    # using the data
    "settings": set(),
    "shelf": {"manifest", "settings"},
    "mirror": {"manifest"},
    "download": {"files", "manifest", "mirror", "settings", "shelf", "signature", "verification"},
    "reading": {"manifest", "dataset", "settings", "shelf", "download", "schema"},
    "series": {"columns", "schema"},
    "series_suite": {"expectations", "schema", "series"},
    "evidence": {"evidence.coverage", "evidence.daily", "evidence.onsets", "evidence.streaming", "evidence.verdicts"},
    "evidence.coverage": set(),
    "evidence.rates": set(),
    "evidence.frames": {"series"},
    "evidence.windows": {
        "analysis",
        "analysis.selection",
        "dataset",
        "evidence",
        "evidence.coverage",
        "evidence.frames",
        "series",
    },
    "evidence.strata": {"evidence", "evidence.rates"},
    "evidence.verdicts": {
        "dataset",
        "evidence",
        "evidence.coverage",
        "evidence.rates",
        "evidence.strata",
        "evidence.windows",
    },
    "evidence.daily": {"dataset", "evidence", "evidence.coverage", "evidence.rates", "evidence.windows"},
    "evidence.onsets": {"evidence", "evidence.frames"},
    "evidence.streaming": {
        "dataset",
        "evidence",
        "evidence.coverage",
        "evidence.verdicts",
        "evidence.windows",
        "files",
        "series",
    },
    "analysis": {
        "analysis.counts",
        "analysis.grounds",
        "analysis.knowledge",
        "analysis.lengths",
        "analysis.periods",
        "analysis.selection",
        "analysis.steps",
        "analysis.comparison",
        "analysis.exposure",
    },
    "analysis.selection": {"dataset"},
    "analysis.spans": {"analysis.selection", "dataset"},
    "analysis.counts": {"analysis.selection", "analysis.spans", "dataset"},
    "analysis.periods": {"analysis.counts", "analysis.selection", "analysis.spans", "dataset"},
    "analysis.lengths": {"analysis.counts", "analysis.selection", "analysis.spans", "dataset"},
    "analysis.steps": {"analysis.selection", "analysis.spans", "dataset"},
    "analysis.grounds": {"analysis.selection", "dataset"},
    "analysis.knowledge": {"analysis.selection", "dataset"},
    "analysis.exposure": {"analysis.selection", "dataset"},
    "analysis.comparison": {"analysis.counts", "analysis.knowledge", "analysis.selection", "dataset"},
    # what others know
    "matching": {"matching.holdings", "matching.pairs", "matching.reviews"},
    "matching.traits": {"dataset"},
    "matching.blocks": {"matching.traits"},
    "matching.scores": {"matching.traits"},
    "matching.words": {"matching", "matching.scores", "matching.traits"},
    "matching.reviews": {"cells", "dataset", "files"},
    "matching.pairs": {f"matching{one}" for one in ("", ".blocks", ".reviews", ".scores", ".traits", ".words")}
    | {"dataset"},
    "matching.holdings": {"matching.pairs", "dataset"},
    "combining": {"matching", "dataset", "drafts", "schema"},
    "outside": {"terminal", "dataset", "evidence", "importers", "matching", "build", "reading", "records"},
    "figures": {
        f"figures.{one}"
        for one in ("gantt", "grids", "lines", "measured", "places", "saving", "shares", "theme", "wording")
    },
    "figures.wording": set(),
    "figures.theme": {"figures", "figures.wording"},
    "figures.gantt": {"figures", "figures.theme", "figures.wording"},
    "figures.grids": {"figures", "figures.theme", "figures.wording"},
    "figures.lines": {"figures", "figures.theme", "figures.wording"},
    "figures.measured": {"figures", "figures.theme", "figures.wording"},
    "figures.places": {"figures", "figures.theme", "figures.wording"},
    "figures.shares": {"figures", "figures.theme", "figures.wording"},
    "figures.saving": {"figures", "figures.theme", "figures.wording", "files", "pages"},
    "ahead": set(),
    "cells": set(),
    "crosswalk": {"schema"},
    "drafts": {"build", "cells", "dataset", "files", "notation", "records", "schema", "series"},
    "importers": {
        f"importers.{one}" for one in ("cloudflare_radar", "ioda", "ooni", "rkn", "sflc", "stop", "test_lists")
    }
    | {"drafts"},
    "importers.names": {"columns", "dataset", "records"},
    "importers.cloudflare_radar": MEASURER,
    "importers.counts": {"series"},
    "importers.ioda": MEASURER | {"columns"},
    "importers.ooni": MEASURER | {"series"},
    "importers.rkn": IMPORTER | {"ahead", "columns"},
    "importers.sflc": IMPORTER,
    "importers.stop": IMPORTER | {"records"},
    "importers.test_lists": IMPORTER,
    "importers.tables": set(),
    "gallery": {"analysis", "figures", "dataset", "files", "pages"},
    "briefs": {"briefs.language", "briefs.outputs"},
    "briefs.pieces": set(),
    "briefs.language": {"briefs.pieces", "figures.wording", "figures", "dataset", "dates"},
    "briefs.evidence": {
        "briefs.language",
        "briefs.pieces",
        "analysis",
        "analysis.knowledge",
        "dataset",
        "figures",
        "figures.wording",
    },
    "briefs.grounds": {"briefs", "briefs.evidence", "briefs.pieces", "analysis", "dataset"},
    "briefs.measurements": {"briefs", "briefs.evidence", "briefs.pieces", "analysis", "figures"},
    "briefs.content": {
        "briefs",
        "briefs.measurements",
        "briefs.evidence",
        "briefs.grounds",
        "briefs.language",
        "briefs.pieces",
        "analysis",
        "figures",
        "dataset",
    },
    "briefs.outputs": {
        "briefs",
        "briefs.content",
        "briefs.language",
        "briefs.pieces",
        "figures",
        "figures.saving",
        "figures.wording",
        "dataset",
        "files",
        "pages",
    },
}

THIRD_PARTY: dict[str, set[str]] = {
    "__init__": set(),
    "vocabulary": set(),
    "errors": set(),
    "dates": {"polars"},
    "files": set(),
    "terminal": {"click", "rich"},
    "pages": {"jinja2"},
    "signature": {"cryptography"},
    "verification": set(),
    "dataset": {"polars"},
    "manifest": set(),
    "columns": {"polars", "dataframely"},
    "schema": {"polars", "dataframely"},
    "rules": {"polars"},
    "validation": {"polars", "dataframely"},
    "notation": {"yaml"},
    "records": {"dataframely"},
    "skeleton": set(),
    "build": {"polars", "dataframely"},
    "home": set(),
    "sheets": {"polars"},
    "sheets.layout": {"dataframely"},
    "sheets.grids": set(),
    "sheets.workbooks": {"openpyxl"},
    "sheets.coding": set(),
    "sheet_commands": {"click"},
    "codebook": {"polars", "dataframely", "pyarrow"},
    "changes": {"polars"},
    "metadata": {"polars", "dataframely"},
    "companions": {"polars", "dataframely"},
    "expectations": {"dataframely", "great_expectations"},
    "gate": {"polars", "dataframely"},
    "release": {"polars", "pyarrow"},
    "site": set(),
    "settings": {"platformdirs"},
    "shelf": set(),
    "mirror": set(),
    "download": set(),
    "reading": {"polars"},
    "series": {"polars", "dataframely"},
    "series_suite": {"narwhals", "dataframely", "pandas", "pyspark"},
    "evidence": set(),
    "evidence.coverage": {"polars"},
    "evidence.rates": set(),
    "evidence.frames": {"polars", "narwhals"},
    "evidence.windows": {"polars", "narwhals"},
    "evidence.strata": {"polars"},
    "evidence.verdicts": {"polars", "narwhals"},
    "evidence.daily": {"polars", "narwhals"},
    "evidence.onsets": {"polars", "narwhals", "numpy", "ruptures"},
    "evidence.streaming": {"polars"},
    "analysis": set(),
    "analysis.selection": {"polars"},
    "analysis.spans": {"polars"},
    "analysis.counts": {"polars"},
    "analysis.periods": {"polars"},
    "analysis.lengths": {"polars"},
    "analysis.steps": {"polars"},
    "analysis.grounds": {"polars"},
    "analysis.knowledge": {"polars"},
    "analysis.exposure": {"polars"},
    "analysis.comparison": {"polars"},
    "combining": {"polars"},
    "outside": {"click", "polars"},
    "matching": set(),
    **{
        f"matching.{one}": {"polars"} for one in ("traits", "blocks", "scores", "words", "reviews", "pairs", "holdings")
    },
    "figures": set(),
    "figures.wording": set(),
    "figures.theme": {"polars", "plotly"},
    "figures.gantt": {"polars", "plotly"},
    "figures.grids": {"polars", "plotly"},
    "figures.lines": {"polars", "plotly"},
    "figures.measured": {"polars", "plotly"},
    "figures.places": {"polars", "plotly"},
    "figures.shares": {"polars", "plotly"},
    "figures.saving": {"plotly", "markupsafe", "kaleido", "choreographer"},
    "ahead": set(),
    "cells": {"polars"},
    "crosswalk": {"dataframely"},
    "drafts": {"polars"},
    "importers": set(),
    "importers.tables": {"polars", "python_calamine"},
    "importers.names": {"pycountry"},
    "importers.cloudflare_radar": {"polars"},
    "importers.counts": {"polars"},
    "importers.ioda": set(),
    "importers.ooni": {"dataframely"},
    "importers.rkn": {"polars", "polars_hash"},
    "importers.sflc": set(),
    "importers.stop": set(),
    "importers.test_lists": {"polars"},
    "gallery": {"plotly", "markupsafe"},
    "briefs": set(),
    "briefs.pieces": {"plotly"},
    "briefs.language": set(),
    "briefs.evidence": {"polars"},
    "briefs.grounds": {"polars"},
    "briefs.measurements": {"polars"},
    "briefs.content": {"polars"},
    "briefs.outputs": {"choreographer", "polars"},
    "cli": {"click", "rich"},
}

SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
"""Every module by its name inside the package; a folder of modules goes by its own name."""

MODULES = sorted(SOURCES)


def imports(module: str) -> tuple[set[str], set[str]]:
    """Modules of the package and third-party packages that a module imports anywhere, type-checking imports too."""
    own: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(ast.parse(SOURCES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for name, attribute in names:
            parts = name.split(".")
            if parts[0] != "rightsdata":
                others.add(parts[0])
                continue
            inner = ".".join([*parts[1:], attribute] if attribute else parts[1:])
            own.add(inner if inner in SOURCES else ".".join(parts[1:]))
    return own, {name for name in others if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_the_table_allows(module: str) -> None:
    own, others = imports(module)
    if module not in ("cli", "__init__"):  # the command line may call all; the public surface names all, lazily
        assert own - {"vocabulary", "errors"} <= ALLOWED[module]
    assert others <= THIRD_PARTY.get(module, set())


def test_the_table_names_every_module_once() -> None:
    assert {*ALLOWED, "cli"} == set(MODULES) == set(THIRD_PARTY) | {"cli"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_in_its_first_line_what_it_is(module: str) -> None:
    doc = ast.get_docstring(ast.parse(SOURCES[module].read_text(encoding="utf-8")))
    assert doc
    assert doc.splitlines()[0].endswith((".", ";", ":")) or doc.splitlines()[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_enough_to_read(module: str) -> None:
    assert len(SOURCES[module].read_text(encoding="utf-8").splitlines()) <= 600


def test_exported_names_are_all_there_and_sorted() -> None:
    assert list(rd.__all__) == sorted(rd.__all__)
    for name in rd.__all__:
        assert getattr(rd, name) is not None
    assert set(dir(rd)) == {*rd.__all__, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        rd.lod  # noqa: B018


def test_no_name_is_both_a_module_and_a_function() -> None:
    functions = {name for name in rd.__all__ if not inspect.ismodule(getattr(rd, name))}
    assert not functions & set(MODULES)


def test_every_public_function_is_documented() -> None:
    for module in MODULES:
        if module == "__init__":
            continue
        for node in ast.parse(SOURCES[module].read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                decorated = any("_between" in ast.dump(one) for one in node.decorator_list)
                assert decorated or ast.get_docstring(node), f"{module}.{node.name}"


def loaded(code: str) -> set[str]:
    """Third-party packages in sys.modules after the code ran in a new process."""
    program = f"import sys; before = set(sys.modules); {code}; print(*{{name.split('.')[0] for name in set(sys.modules) - before}})"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return {
        name for name in out.split() if name not in sys.stdlib_module_names and not name.startswith(("_", "rightsdata"))
    }


def test_importing_the_package_loads_no_other() -> None:
    assert loaded("import rightsdata; rightsdata.__version__") == set()


def test_loading_a_release_needs_polars_alone() -> None:
    assert loaded("import rightsdata as rd; ds = rd.load().where(country='RU'); ds.cite(); repr(ds)") <= {
        "polars",
        "typing_extensions",
    }  # the latter is of Polars itself


def test_no_file_names_this_machine_or_a_registry() -> None:
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    found = []
    for name in filter(None, files):
        if (
            name.endswith((".parquet", ".png"))
            or name == Path(__file__).relative_to(ROOT).as_posix()
            or not (ROOT / name).is_file()
        ):
            continue
        if re.search(
            r"index-url|files\.pythonhosted|registry\.npmjs|(^|[\\s\"'(=])/(work|root|farm)/",
            (ROOT / name).read_text(encoding="utf-8", errors="ignore"),
        ):
            found.append(name)
    assert found == []
