"""The application that commands register with, and what all of them share."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(
    name="alliance-sim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: alliance-sim run us_exits_jcpoa --runs 500",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"alliance-sim {version('alliance-sim')}")
        except PackageNotFoundError:
            print("alliance-sim, not installed")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Simulate how states align, ally and form blocs under a named intervention."""
    # A terminal that lacks a character shows a question mark in its place.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
