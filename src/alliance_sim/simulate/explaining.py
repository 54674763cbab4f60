"""Why an alignment moved: accounts of decisions over an ensemble, and the story of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.simulate.crossing import reporting_like
from alliance_sim.simulate.ensembles import (
    as_scenario,
    attributes,
    check_numbers,
    check_sound,
    warn_if_unstable,
)
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean, directed_pair, undirected_pair
from alliance_sim.validation import KEY

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.analysis.chronicle import Chronicle
    from alliance_sim.engines.tracing import Trace
    from alliance_sim.results import Event, Record

RUNS = 512
"""Runs of an account unless asked otherwise: one block."""
MOST_BYTES = 2**31
"""Largest account that is kept in memory; a paired one takes two of them and as much again."""


def explain(
    scenario: Scenario | str | Path,
    dyads: str | Sequence[str] = (),
    runs: int = RUNS,
    seed: int = 0,
    *,
    against: Scenario | str | Path | None = None,
    workers: Workers = None,
    chance: bool = True,
    progress: Callable[[int], None] = lambda done: None,
) -> xr.Dataset:
    """What mechanisms and drivers have moved an alignment, in parts that add up to it.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        dyads: one dyad or several, ``a-b`` or ``a->b``; left out, the first that the scenario
            records.
        runs: number of runs.
        seed: any integer from 0.
        against: a baseline; the parts are then those of the paired effect. Left out, they are those
            of the change since the base date.
        workers: processes to share the work, or any executor; None for all cores.
        chance: False explains expected paths, as in :func:`alliance_sim.run`.
        progress: called with the number of runs just finished.

    Returns:
        Means over runs with their errors: see ``alliance_sim.analysis.attribution.explanation``.

    Raises:
        InputError: where an input cannot be used.
        RunError: where a run gives a number that is not finite.

    Example:
        >>> import alliance_sim as al
        >>> found = al.explain("us_exits_jcpoa", ["iran->russia"], runs=16, against="baseline_2018")
        >>> whole = found["contribution"].sum(["side", "cause"])
        >>> bool(abs(whole - found["effect"]).max() < 1e-12)
        True
    """
    from alliance_sim.analysis.attribution import explanation

    scenario = as_scenario(scenario)
    dyads = tracked(scenario, dyads)
    found = account(scenario, dyads, runs, seed, workers=workers, chance=chance, progress=progress)
    if against is None:
        return explanation(found, None, dyads)
    baseline = reporting_like(as_scenario(against), scenario)
    held = account(baseline, dyads, runs, seed, workers=workers, chance=chance, progress=progress)
    return explanation(found, held, dyads)


def account(
    scenario: Scenario | str | Path,
    dyads: str | Sequence[str],
    runs: int = RUNS,
    seed: int = 0,
    *,
    workers: Workers = None,
    chance: bool = True,
    progress: Callable[[int], None] = lambda done: None,
) -> xr.Dataset:
    """Run a scenario and keep what decisions weighed, run by run.

    Returns:
        What :func:`alliance_sim.run` returns, and for both directions of each dyad: ``weighed``
        (run, direction, decision, cause), terms of the utility of a closer posture in the month of
        decision; ``moved`` (run, month, direction, side, cause), parts of the level on the atanh
        scale since the base date, by whose decisions they came in, the direction's first actor or
        its second; ``level`` (run, month, direction); and for all actors ``posture`` (run,
        posture_month, actor, other), the rung of the ladder from 0, to coerce, to 4, to commit.
    """
    from alliance_sim.compile import compile_scenario
    from alliance_sim.engines.ensemble import lanes_of
    from alliance_sim.engines.tracing import trace_ensemble

    checked = as_scenario(scenario)
    check_numbers(runs=runs, seed=seed, workers=workers)
    warn_if_unstable(checked)
    program = compile_scenario(checked)
    pairs = _pairs(program.actors, tracked(checked, dyads) if dyads else ())
    causes = 4 + len(program.mechanism_weight) + len(program.drivers)
    _refuse_what_cannot_fit(causes * len(pairs) * (program.months + 1), int(runs))
    blocks = lanes_of(int(runs), int(seed), checked.sampling)
    record, trace = trace_ensemble(checked, blocks, pairs, workers, progress, chance=chance)
    check_sound(record, seed)
    return _dataset(checked, record, trace, pairs, attributes(checked, runs, seed, chance))


def _refuse_what_cannot_fit(entries: int, runs: int) -> None:
    """Refuse an account that would not fit into memory, before it is begun.

    ``entries`` counts causes, pairs and months; each has two directions of two sides, in double
    precision.
    """
    size = 4 * 8 * entries * runs
    if size > MOST_BYTES:
        what = f"the account of {runs:,} runs would take {size / 1e9:.1f} GB of memory"
        mend = f"ask for at most {int(runs * MOST_BYTES / size):,} runs, or for fewer dyads"
        raise InputError([Problem(what, mend)])


def _dataset(
    scenario: Scenario,
    record: Record,
    trace: Trace,
    pairs: Sequence[tuple[int, int]],
    about: dict[str, object],
) -> xr.Dataset:
    """A record with its trace, labelled."""
    from alliance_sim.compile import labels_of
    from alliance_sim.results import dataset
    from alliance_sim.simulate.validations import labelled, of_alignment

    labels = labels_of(scenario)
    about = about | {KEY: of_alignment()}
    found, actors = labelled(dataset(record, labels, about), scenario), labels.actors
    directions = [f"{actors[a]}->{actors[b]}" for i, j in pairs for a, b in ((i, j), (j, i))]
    months = found["month"].to_numpy()[:-1]
    variables = {
        "weighed": (
            ("run", "direction", "decision", "cause"),
            trace.weighed.transpose(3, 1, 2, 0),
            {"long_name": "term of the utility of a closer posture", "units": "utility"},
        ),
        "moved": (
            ("run", "month", "direction", "side", "cause"),
            trace.moved.transpose(4, 3, 2, 1, 0),
            {"long_name": "part of the change since the base date", "units": "atanh of alignment"},
        ),
        "level": (
            ("run", "month", "direction"),
            trace.y.transpose(2, 1, 0),
            {"long_name": "alignment on the atanh scale", "units": "atanh of alignment"},
        ),
        "posture": (
            ("run", "posture_month", "actor", "other"),
            trace.postures.transpose(3, 2, 0, 1),
            {"long_name": "rung of the ladder of postures", "units": "rung"},
        ),
    }
    return found.assign(variables).assign_coords(
        direction=directions,
        side=["first", "second"],
        cause=list(trace.causes),
        cause_name=("cause", [cause_name(scenario, each) for each in trace.causes]),
        decision=months,
        posture_month=months[: trace.postures.shape[2]],
    )


def cause_name(scenario: Scenario, cause: str) -> str:
    """A cause in plain words: a driver by its name in the world."""
    kind, _, name = cause.partition(".")
    if kind == "driver":
        return scenario.world.drivers[name].name
    return {
        "relation": "the relation as it was",
        "momentum": "momentum",
        "chance": "chance",
        "bound": "bounds and rounding",
    }.get(cause, name.replace("_", " "))


def tracked(scenario: Scenario, dyads: str | Sequence[str]) -> tuple[str, ...]:
    """Dyads to follow: those given, checked, or the first that the scenario records.

    A comma may stand for the hyphen: ``iran,russia``.
    """
    if not dyads:
        if not scenario.dyads:
            mend = "name one, such as --dyad iran,russia"
            raise InputError([Problem("the scenario records no dyad", mend)])
        return scenario.dyads[:1]
    world, found = scenario.world, []
    dyads = [dyads] if isinstance(dyads, str) else dyads
    related = {frozenset(undirected_pair(each) or ()) for each in world.dyads}
    problems: list[Problem] = []
    for dyad in dyads:
        text = "-".join(each.strip() for each in dyad.split(","))
        pair = directed_pair(text) or undirected_pair(text)
        if pair is None:
            problems.append(Problem(f"'{dyad}' is no dyad", "write it as a-b or a->b"))
            continue
        unknown = [each for each in pair if each not in world.actors]
        problems += [
            Problem(f"unknown actor '{each}' in dyad '{dyad}'", did_you_mean(each, world.actors))
            for each in unknown
        ]
        if not unknown and frozenset(pair) not in related:
            what = f"the world declares no relation for '{dyad}'"
            problems.append(Problem(what, "name two actors that have one"))
        found.append(text)
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(found))


def _pairs(actors: Sequence[str], dyads: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Places of the two actors of each dyad, each pair once."""
    pairs = []
    for dyad in dyads:
        a, b = directed_pair(dyad) or undirected_pair(dyad) or ("", "")
        pairs.append(tuple(sorted((actors.index(a), actors.index(b)))))
    return tuple((i, j) for i, j in dict.fromkeys(pairs))


# -- one run -------------------------------------------------------------------------------


def chronicle(
    scenario: Scenario | str | Path,
    run: int = 0,
    seed: int = 0,
    *,
    dyads: str | Sequence[str] = (),
    against: Scenario | str | Path | None = None,
) -> Chronicle:
    """What happened in one run and why, in plain sentences by month.

    The run is made anew from its seed and number alone; nothing else has to be kept of it.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        run: number of the run in the ensemble, from 0.
        seed: seed of the ensemble.
        dyads: one dyad or several whose decisions are told; left out, all that the scenario
            records.
        against: a baseline; what is told is then what differs from the same run of it.

    Raises:
        InputError: where an input cannot be used.

    Example:
        >>> import alliance_sim as al
        >>> story = al.chronicle("us_exits_jcpoa", run=3, seed=7, against="baseline_2018")
        >>> print(story.entries[0])
        2018-05: United States leaves Joint Comprehensive Plan of Action (2015) (withdrawal)
    """
    from alliance_sim.analysis.chronicle import tell

    scenario = as_scenario(scenario)
    check_numbers(run=run, seed=seed)
    dyads = tracked(scenario, dyads or scenario.dyads)
    told, events = _single(scenario, dyads, run, seed)
    words = _words(scenario)
    if against is None:
        return tell(told, events, words)
    baseline = reporting_like(as_scenario(against), scenario)
    held, before = _single(baseline, dyads, run, seed)
    return tell(told, events, words, held, before)


def _single(
    scenario: Scenario, dyads: Sequence[str], run: int, seed: int
) -> tuple[xr.Dataset, list[Event]]:
    """The account of one run, and what came from outside in it."""
    from alliance_sim import rng
    from alliance_sim.compile import compile_scenario, labels_of
    from alliance_sim.engines.blocks import Lanes
    from alliance_sim.engines.diary import Diary
    from alliance_sim.engines.ensemble import run_block
    from alliance_sim.engines.tracing import trace_ensemble
    from alliance_sim.step import Block

    lane = run % rng.BLOCK
    where = Lanes(seed, run // rng.BLOCK, slice(lane, lane + 1), scenario.sampling)
    program = compile_scenario(scenario)
    pairs = _pairs(program.actors, dyads)
    record, trace = trace_ensemble(scenario, [where], pairs)
    diaries: list[Diary] = []

    def follow(block: Block) -> Diary:
        diaries.append(Diary(block))
        return diaries[0]

    run_block(program, labels_of(scenario), where, follow=follow)
    about = attributes(scenario, 1, seed) | {"run": run}
    return _dataset(scenario, record, trace, pairs, about), diaries[0].events


def _words(scenario: Scenario) -> dict[str, dict[str, str]]:
    """Kind -> id -> name of everything that a chronicle speaks of."""
    kinds = ("actors", "arenas", "agreements", "domains")
    return {
        kind: {name: each.name for name, each in getattr(scenario.world, kind).items()}
        for kind in kinds
    }
