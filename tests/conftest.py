"""Options shared by all tests."""

from __future__ import annotations

import matplotlib
import pytest

matplotlib.use("Agg")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option that rewrites golden results and pictures."""
    parser.addoption("--update", action="store_true", help="rewrite tests/golden and tests/images")


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden results and pictures are to be rewritten."""
    return bool(request.config.getoption("--update"))
