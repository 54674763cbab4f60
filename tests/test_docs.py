"""The README's Python and the examples run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONG = {"what_carries_an_effect"}  # runs every scenario six times
EXAMPLES = [
    pytest.param(file, marks=[pytest.mark.slow] if file.stem in LONG else [], id=file.stem)
    for file in sorted((ROOT / "examples").glob("*.py"))
]


def run_python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with warnings as errors from our own code."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("script", EXAMPLES)
def test_example_runs(script: Path, tmp_path: Path) -> None:
    done = run_python(str(script), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if python_blocks(page)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_of_the_pages_runs(page: Path, tmp_path: Path) -> None:
    done = run_python("-c", "\n".join(python_blocks(page)), folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_readme_has_python() -> None:
    assert python_blocks(ROOT / "README.md")


def test_readme_yaml_is_a_scenario(tmp_path: Path) -> None:
    from alliance_sim import load_scenario

    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"readme_{number}.yaml"
        file.write_text(block)
        assert load_scenario(file).interventions


def test_every_module_of_the_docs_exists() -> None:
    """Names in backticks that look like our modules can be imported."""
    from importlib import import_module

    text = (ROOT / "docs" / "model.md").read_text()
    for name in set(re.findall(r"`(alliance_sim(?:\.[a-z_]+)+)`", text)):
        import_module(name)
