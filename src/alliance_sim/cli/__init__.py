"""The command line: ``alliance-sim``.

Everything heavy is imported inside the commands, so that ``--help`` comes at once.
"""

from __future__ import annotations

from alliance_sim.cli.app import app
from alliance_sim.cli.commands import (
    backtest,
    blocs,
    calibrate,
    claims,
    compare,
    discover,
    explain,
    export,
    files,
    report,
    run,
    sensitivity,
)

__all__ = [
    "app",
    "backtest",
    "blocs",
    "calibrate",
    "claims",
    "compare",
    "discover",
    "explain",
    "export",
    "files",
    "report",
    "run",
    "sensitivity",
]

_ORDER = (
    "run",
    "compare",
    "explain",
    "claims",
    "blocs",
    "sensitivity",
    "discover",
    "calibrate",
    "backtest",
    "plot",
    "report",
    "export",
    "validate",
    "list",
    "new",
    "cite",
    "schema",
    "initial-state",
)
"""Commands as ``--help`` lists them."""

app.registered_commands.sort(
    key=lambda command: _ORDER.index(command.name or getattr(command.callback, "__name__", ""))
)
