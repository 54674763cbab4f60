"""The command line: ``alliance-sim``. Reads options, calls the library, prints.

Everything heavy is imported inside the commands, so that ``--help`` comes at once.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from alliance_sim.cli.guard import WRONG_INPUT, guarded, stop

app = typer.Typer(
    name="alliance-sim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: alliance-sim run us_exits_jcpoa --runs 500",
)


class Sampling(StrEnum):
    """How uncertain numbers are drawn across runs."""

    monte_carlo = "monte_carlo"
    latin_hypercube = "latin_hypercube"
    sobol = "sobol"


class SchemaKind(StrEnum):
    """What a file can hold."""

    scenario = "scenario"
    world = "world"


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name of a shipped scenario, or path of a file.")
]


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


@app.command(
    epilog="Example: alliance-sim run us_exits_jcpoa --runs 500 --seed 7\n\n"
    "Example: alliance-sim run mine.yaml --set horizon.months=36 --out results/short"
)
@guarded
def run(  # noqa: PLR0913 - a command's options are its arguments
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO", help="Shipped names, or paths of files."),
    ],
    runs: Annotated[int, typer.Option(min=1, metavar="N", help="Number of runs.")] = 2000,
    seed: Annotated[
        int, typer.Option(min=0, metavar="S", help="The same seed gives the same numbers.")
    ] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change a value of the scenario, and of its baseline, by its dotted path.",
        ),
    ] = None,
    theory: Annotated[
        str | None, typer.Option(metavar="NAME", help="Admit only the mechanisms of this theory.")
    ] = None,
    sampling: Annotated[
        Sampling | None, typer.Option(help="How uncertain numbers are drawn across runs.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, metavar="W", help="Processes that share the work.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for results; left out, results/SCENARIO.",
            show_default=False,
        ),
    ] = None,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no pictures.")] = False,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Run without the scenario's baseline.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios to distributions of outcomes, and to differences from their baseline.

    Results go to a folder: result.nc (for xarray), summary.csv, classes.csv and pictures.
    """
    from alliance_sim.cli.jobs import Settings, prepare, tidy
    from alliance_sim.cli.progress import busy

    quiet = quiet or as_json
    with busy("reading", quiet):
        chosen = Settings(tuple(settings or ()), theory, sampling.value if sampling else None)
        jobs = prepare(scenarios, chosen, out, not no_baseline)
    try:
        _run_jobs(jobs, (runs, seed, workers), not no_plots, quiet, as_json)
    finally:
        tidy(jobs)


def _run_jobs(
    jobs: list[Any], size: tuple[int, int, int], plots: bool, quiet: bool, as_json: bool
) -> None:
    """Run one job after another; each is printed when it is done."""
    from alliance_sim.cli import running, tables
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy, progress

    runner = running.Runner(*size)
    found = []
    for place, job in enumerate(jobs):
        with progress(job.label, runner.work(job), quiet) as advance:
            finding = runner.find(job, advance)
        with busy("writing results and drawing pictures", quiet):
            running.write(finding, plots)
        if as_json:
            found.append(running.as_json(finding))
            continue
        where = tables.files_view(finding.files, job.folder, finding.data.attrs)
        show(*([""] if place else []), tables.finding_view(finding), "", *where)
    if as_json:
        _print_json(found[0] if len(found) == 1 else {"results": found})


@app.command(epilog="Example: alliance-sim claims --only C01,C02")
@guarded
def claims(
    only: Annotated[
        str | None,
        typer.Option(
            metavar="ID,...", help="Judge these claims alone, such as C01,C02.", show_default=False
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs, and draws of the parameters.")
    ] = 2048,
    seed: Annotated[
        int, typer.Option(min=0, metavar="S", help="The same seed gives the same numbers.")
    ] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="W",
            help="Processes that share the work; left out, one for each core.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File of claims; left out, the shipped one.", show_default=False
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold each claim of the paper against the model: effect, doubts, and a verdict.

    The verdicts follow rules fixed beforehand, in docs/verdicts.md.
    """
    import os

    from alliance_sim.claims import plan_claims
    from alliance_sim.cli.progress import busy, progress

    quiet = quiet or as_json
    with busy("reading", quiet):
        ids = [each.strip() for each in only.split(",")] if only is not None else []
        plan = plan_claims(file, ids, runs, seed)
    with progress("claims", plan.work, quiet) as advance:
        report = plan.run(workers or os.cpu_count() or 1, advance)
    if as_json:
        _print_json(report.as_json())
        return
    from alliance_sim.cli.claims import claims_view
    from alliance_sim.cli.layout import show

    show(claims_view(report))


@app.command(epilog="Example: alliance-sim validate mine.yaml baseline_2018")
@guarded
def validate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Paths of files, or shipped names.")
    ],
) -> None:
    """Check scenario and world files, and tell every mistake with its place."""
    from alliance_sim.cli.checking import problems_of

    wrong = False
    for file in files:
        problems = problems_of(file)
        wrong = wrong or bool(problems)
        for problem in problems:
            print(problem, file=sys.stderr)
        if not problems:
            print(f"{file}: ok")
    if wrong:
        raise typer.Exit(WRONG_INPUT)


@app.command(epilog="Example: alliance-sim schema scenario > scenario.schema.json")
@guarded
def schema(
    kind: Annotated[SchemaKind, typer.Argument(help="What the files hold.")] = SchemaKind.scenario,
) -> None:
    """Print the JSON Schema of scenario or world files, for editors."""
    from alliance_sim.load import schema as schema_of

    _print_json(schema_of(kind.value))


@app.command(
    "list", epilog="Example: alliance-sim list\n\nExample: alliance-sim list west_asia_2018"
)
@guarded
def list_(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A shipped world or scenario, or the path of a file: show the names to use in it.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what ships with the library, or the names that a world has.

    Those are its actors, groups, arenas, domains, agreements, governments,
    drivers, mechanisms, theories and outcomes.
    """
    from alliance_sim.cli.layout import show

    if name is not None:
        from alliance_sim.cli.vocabulary import vocabulary, vocabulary_view, world_of

        world = world_of(name)
        if as_json:
            _print_json({"world": world.name, **vocabulary(world)})
        else:
            show(vocabulary_view(world))
        return
    from alliance_sim.cli.shipped import contents, listing

    found = contents()
    if as_json:
        _print_json(found)
    else:
        show(listing(found["scenarios"], found["worlds"]), "")
        show("`alliance-sim list NAME` shows the names that a world has: actors, outcomes, ...")


@app.command(epilog="Example: alliance-sim new turkey_leaves")
@guarded
def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario, such as turkey_leaves.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write; left out, NAME.yaml.", show_default=False
        ),
    ] = None,
) -> None:
    """Write a commented scenario file to start from; it can be run as it is."""
    from alliance_sim.cli.template import new_scenario

    file = out or Path(f"{name}.yaml")
    text = new_scenario(name, str(file))
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        stop(WRONG_INPUT, f"{file}: the file is there already; choose another name or --out")
    except (OSError, ValueError) as error:
        _stop_unwritable(file, error)
    print(f"Written: {file}")
    print(f"Check it with `alliance-sim validate {file}`, run it with `alliance-sim run {file}`.")


@app.command(
    "initial-state",
    epilog="Example: alliance-sim initial-state --data data --year 2016",
)
@guarded
def initial_state(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder of tidy data files.")],
    year: Annotated[int, typer.Option(metavar="YEAR", help="Year at whose end the world begins.")],
    actors: Annotated[
        str | None, typer.Option(metavar="A,B", help="Codes (iso3) or ids; left out, all states.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write; left out, print.", show_default=False),
    ] = None,
) -> None:
    """Make a world's initial values from data files, with their sources."""
    from alliance_sim.initial_state import initial_state as make

    chosen = None if actors is None else [each.strip() for each in actors.split(",")]
    text = make(data, year, chosen).to_yaml()
    if out is None:
        print(text, end="")
        return
    try:
        out.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        _stop_unwritable(out, error)
    print(f"Written: {out}")


@app.command(epilog="Example: alliance-sim cite us_exits_jcpoa")
@guarded
def cite(scenario: ScenarioName) -> None:
    """Print the references that a scenario rests on: its world, mechanisms, interventions."""
    from alliance_sim.cli.shipped import references
    from alliance_sim.load import load_scenario

    for place, (heading, lines) in enumerate(references(load_scenario(scenario))):
        print(("\n" if place else "") + heading)
        for line in lines:
            print(f"- {line}")


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, allow_nan=False))


def _stop_unwritable(file: Path, error: OSError | ValueError) -> None:
    from alliance_sim.cli.jobs import unwritable

    raise unwritable(file, error) from error
