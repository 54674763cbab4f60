"""Options and arguments that several commands share, said in the same words everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Sampling(StrEnum):
    """How uncertain numbers are drawn across runs."""

    monte_carlo = "monte_carlo"
    latin_hypercube = "latin_hypercube"
    sobol = "sobol"


ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name of a shipped scenario, or path of a file.")
]
Runs = Annotated[int, typer.Option(min=1, metavar="N", help="Number of runs.")]
Seed = Annotated[
    int, typer.Option(min=0, metavar="S", help="The same seed gives the same numbers.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a value of the scenario, and of its baseline, by its dotted path.",
    ),
]
Theory = Annotated[
    str | None, typer.Option(metavar="NAME", help="Admit only the mechanisms of this theory.")
]
SamplingMethod = Annotated[
    Sampling | None, typer.Option(help="How uncertain numbers are drawn across runs.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="W",
        help="Processes that share the work; left out, one for each core.",
        show_default=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Dask scheduler whose workers share the work, such as tcp://127.0.0.1:8786.",
        show_default=False,
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="BASELINE",
        help="What to measure against; left out, the scenario's own baseline.",
        show_default=False,
    ),
]
ObservationFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--observations",
        metavar="FILE",
        help="File or folder of observations (docs/observations.md); several may be given.",
        show_default=False,
    ),
]
Measure = Annotated[str, typer.Option(metavar="NAME", help="votes, ideal_points, arms or trade.")]
SourceOf = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Source of the measure, where files have several; left out, the preferred one.",
        show_default=False,
    ),
]
Chance = Annotated[
    bool, typer.Option("--chance", help="Draw noise as well, instead of taking expected paths.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder for results; left out, results/SCENARIO.",
        show_default=False,
    ),
]
NoPlots = Annotated[bool, typer.Option("--no-plots", help="Draw no pictures.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
