"""What reads and writes files without running anything: checks, lists, templates, references."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import WRONG_INPUT, guarded, stop
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import AsJson, ScenarioName


class SchemaKind(StrEnum):
    """What a file can hold."""

    scenario = "scenario"
    world = "world"


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

    print_json(schema_of(kind.value))


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
            print_json({"world": world.name, **vocabulary(world)})
        else:
            show(vocabulary_view(world))
        return
    from alliance_sim.cli.shipped import contents, listing

    found = contents()
    if as_json:
        print_json(found)
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
    from alliance_sim.cli.jobs import unwritable
    from alliance_sim.cli.template import new_scenario

    file = out or Path(f"{name}.yaml")
    text = new_scenario(name, str(file))
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        stop(WRONG_INPUT, f"{file}: the file is there already; choose another name or --out")
    except (OSError, ValueError) as error:
        raise unwritable(file, error) from error
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
    until: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help="Last year of a timeline, with --timeline."),
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File for what changed until then, as interventions."),
    ] = None,
) -> None:
    """Make a world's initial values from data files, with their sources, and a timeline."""
    from alliance_sim.initial_state import initial_state as make
    from alliance_sim.timeline_data import with_timeline

    if (until is None) != (timeline is None):
        stop(WRONG_INPUT, "--until and --timeline belong together; give both or neither")
    chosen = None if actors is None else [each.strip() for each in actors.split(",")]
    if until is None or timeline is None:
        _put(make(data, year, chosen).to_yaml(), out)
        return
    state, changes = with_timeline(data, year, until, chosen)
    _put(state.to_yaml(), out)
    _put(changes.to_yaml(), timeline)


def _put(text: str, file: Path | None) -> None:
    """Write a text to a file, or print it."""
    from alliance_sim.cli.jobs import unwritable
    from alliance_sim.files import write_text

    if file is None:
        print(text, end="")
        return
    try:
        write_text(file, text)
    except (OSError, ValueError) as error:
        raise unwritable(file, error) from error
    print(f"Written: {file}")


@app.command(epilog="Example: alliance-sim cite us_exits_jcpoa")
@guarded
def cite(scenario: ScenarioName) -> None:
    """Print the references that a scenario rests on, and what has no source."""
    from alliance_sim.load import load_scenario
    from alliance_sim.references import grounds, references

    read = load_scenario(scenario)
    for place, (heading, lines) in enumerate([*references(read), *grounds(read)]):
        print(("\n" if place else "") + heading)
        for line in lines:
            print(f"- {line}")
