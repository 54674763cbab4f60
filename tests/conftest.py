"""Options shared by all tests."""

from __future__ import annotations

import matplotlib
import pytest

matplotlib.use("Agg")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one command that rewrites golden results."""
    parser.addoption(
        "--update", action="store_true", help="rewrite the golden results in tests/golden"
    )


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden results are to be rewritten."""
    return bool(request.config.getoption("--update"))
