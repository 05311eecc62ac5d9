"""The notebooks run from top to bottom on the installed release."""

from __future__ import annotations

import asyncio
import warnings
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

from rightsdata import reading

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_no_notebook_carries_outputs_and_the_readme_names_each() -> None:
    assert len(NOTEBOOKS) == 6
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name
        assert f"(notebooks/{path.name})" in readme


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_draws_cites_and_saves_its_figure(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own libraries
        place = {"metadata": {"path": str(tmp_path)}}
        asyncio.run(NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).async_execute())
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"]
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown)
    assert any("rightsdata" in output.get("data", {}).get("text/html", "") for output in shown)
    last = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    assert f"version {reading.load().version} (machine-coded, unreviewed preview)" in last
    (saved,) = tmp_path.glob("*.html")
    assert "<table" in saved.read_text(encoding="utf-8")
