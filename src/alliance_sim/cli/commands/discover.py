"""``discover``: under which values of the uncertain numbers an outcome comes about."""

from __future__ import annotations

from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import (
    Against,
    AsJson,
    Chance,
    NoPlots,
    Out,
    Quiet,
    Runs,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Theory,
    Workers,
)
from alliance_sim.cli.recording import command_line


@app.command(
    epilog='Example: alliance-sim discover us_exits_jcpoa --when "effect:iran_to_russia>0.12"\n\n'
    'Example: alliance-sim discover us_exits_jcpoa --when "alliance_type=strategic_alliance"'
)
@guarded
def discover(
    context: typer.Context,
    scenario: ScenarioName,
    when: Annotated[
        list[str],
        typer.Option(
            metavar="CONDITION",
            help="The outcome: NAME=CLASS, NAME>NUMBER (also <, >=, <=, !=), effect:NAME>NUMBER "
            "for the difference from the baseline; @YYYY-MM after it for another month than the "
            "last. Several have to hold together.",
        ),
    ],
    against: Against = None,
    runs: Runs = 2048,
    chance: Chance = False,
    seed: Seed = 0,
    settings: Settings = None,
    theory: Theory = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    no_plots: NoPlots = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the conditions under which an outcome comes about, as boxes and as a short tree.

    Both are found on one half of the runs and judged on the other. Written to the scenario's
    folder: discovery.json, the points in discovery.nc, and a picture.
    """
    from alliance_sim.cli import analysing
    from alliance_sim.cli.discovery import discovery_view
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy
    from alliance_sim.simulate import plan_discovery
    from alliance_sim.wording import counted

    quiet = quiet or as_json
    with analysing.prepared(scenario, (settings, theory), out, against, True, quiet) as job:
        search = plan_discovery(job.scenario, when, job.baseline, runs, seed, chance)
        with hands(workers, scheduler) as several:
            found = analysing.run_plan(search, "discover", several, quiet)
        with busy("writing results and drawing pictures", quiet):
            told, files = analysing.write_discovery(found, job, command_line(context), not no_plots)
        if as_json:
            print_json(told | {"files": [str(path) for path in files]})
            return
        named = ", ".join(str(path.relative_to(job.folder)) for path in files)
        last = f"Seed {seed}, {counted(runs, 'point')}, scenario {told['hash'][:12]}"
        show(discovery_view(found), "", f"Written to {job.folder}: {named}", last)
