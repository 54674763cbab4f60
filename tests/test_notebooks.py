"""The notebooks of examples/ run from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))


def read(file: Path) -> nbformat.NotebookNode:
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call, no-any-return]


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file: Path, update: bool) -> None:
    notebook = read(file)
    if not update:  # what is read has more runs than a test needs
        for cell in notebook.cells:
            cell.source = re.sub(r"\bRUNS, SEED = \d+", "RUNS, SEED = 32", cell.source)
    execute(notebook, file.parent)
    if update:
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # when it ran is nobody's business
        nbformat.write(notebook, file)  # type: ignore[no-untyped-call]
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 2


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_is_kept_as_it_ran(file: Path) -> None:
    """Outputs are those of one run from the top, and name no place of the machine."""
    cells = [cell for cell in read(file).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert file.stat().st_size < 1_000_000
    text = file.read_text(encoding="utf-8")
    assert not re.search(r'"(/home|/root|/tmp|/work|C:\\\\\\\\)', text)
