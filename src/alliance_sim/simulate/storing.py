"""Run an ensemble into a store on disk: block by block, each written by whoever ran it."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim.errors import (
    DamagedRunsWarning,
    InputError,
    Problem,
    StorageError,
    WorkersLostError,
)
from alliance_sim.executors import Workers, spread
from alliance_sim.results import parsed

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.engines.blocks import Lanes
    from alliance_sim.spec import Scenario

_SAME = {
    "scenario_hash": "scenario",
    "seed": "seed",
    "sampling": "sampling",
    "chance": "chance",
    "replicate": "replicate",
    "versions": "versions of the libraries",
}
"""What has to be the same where a store is continued, by attribute."""
_Task = tuple[bytes, "Lanes", bool, str]


def fill(
    path: Path,
    scenario: Scenario,
    blocks: list[Lanes],
    about: Mapping[str, Any],
    workers: Workers,
    progress: Callable[[int], None],
    *,
    chance: bool,
    resume: bool,
) -> xr.Dataset:
    """Run blocks into a store, and open it; blocks that it holds already are left as they are.

    ``progress`` is told of runs that are done here, not of those held already.

    Warns:
        DamagedRunsWarning: where blocks that it held were damaged, and have been run again.

    Raises:
        InputError: where the store cannot be used, or holds something else.
        StorageError: where it cannot be written to its end.
    """
    from alliance_sim.compile import labels_of
    from alliance_sim.results import Record, dataset
    from alliance_sim.simulate.validations import labelled
    from alliance_sim.store import runs as store

    labels = labels_of(scenario)
    total = sum(where.width for where in blocks)
    path = path.absolute()
    if path.exists():
        _refuse(path, about, total, resume)
    try:
        if path.exists() and not resume:
            with store.writing(path):
                store.remove(path)
        if not path.exists():
            empty = dataset(Record.failed(labels, "not run yet"), labels, about)
            store.create(path, labelled(empty, scenario), total)
        with store.writing(path):
            store.extend(path, total)
            text = pickle.dumps(scenario)
            tasks: list[_Task] = [(text, where, chance, str(path)) for where in blocks]
            damaged = []
            with closing(spread(_work, tasks, workers)) as states:
                for where, state in zip(blocks, states, strict=True):
                    if not state:
                        progress(where.width)
                    if state is False:
                        damaged.append(where.block)
    except OSError as error:
        what = f"cannot write to '{path}': {str(error.strerror or error).lower()}"
        raise StorageError(f"{what}; {_go_on(path)}") from error
    except WorkersLostError as error:
        raise WorkersLostError(f"{error}; {_go_on(path)}") from error
    if damaged:
        which = f"{store.spans(damaged)} in '{path}'"
        what = f"{which} were damaged, and have been run again"
        warnings.warn(what, DamagedRunsWarning, stacklevel=3)
    return store.read(path)


def _go_on(path: Path) -> str:
    """What is left to do for somebody whose runs ended early."""
    from alliance_sim.store import runs as store

    if not path.exists():
        return "nothing was saved"
    return f"{store.progress(path)}, and --resume (resume=True) goes on from there"


def _work(task: _Task) -> bool | None:
    """Run and write a block, unless it is there; how it was found, as ``store.runs.state``."""
    from alliance_sim.engines.ensemble import compiled, sound_block
    from alliance_sim.results import dataset
    from alliance_sim.store import runs as store

    text, where, chance, place = task
    path = Path(place)
    if found := store.state(path, where.block):
        return found
    program, labels = compiled(text)
    record = sound_block(program, labels, where, chance)
    store.put(path, where.block, dataset(record, labels, {}))
    return found


def refuse_unlike(stores: Iterable[tuple[Scenario, Path]], runs: int, seed: int) -> None:
    """Raise InputError where a store cannot be continued, before a run is spent on any."""
    from alliance_sim.simulate.ensembles import attributes

    problems: list[Problem] = []
    for scenario, path in stores:
        try:
            if path.exists():
                _refuse(path, attributes(scenario, runs, seed), runs, resume=True)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def _refuse(path: Path, about: Mapping[str, Any], runs: int, resume: bool) -> None:
    """Raise InputError where a store that is there may be neither continued nor replaced."""
    from alliance_sim.store import runs as store

    try:
        held = store.about(path)
    except InputError as error:
        mend = "take it away, or choose another folder"
        raise InputError([replace(each, mend=mend) for each in error.problems]) from error
    if not resume:
        found = store.states(path)
        if not all(found):
            saved = store.saved(int(held["runs"]), found)
            what = f"'{path}' holds an unfinished run, of which {saved}"
            mend = "add --resume (resume=True) to finish it, take it away, or choose another folder"
            raise InputError([Problem(what, mend)])
        return
    unlike = [
        words for key, words in _SAME.items() if str(held.get(key, "")) != str(about.get(key, ""))
    ]
    problems = []
    if unlike:
        named = " and ".join([", ".join(unlike[:-1]), unlike[-1]] if unlike[1:] else unlike)
        mend = f"it was made with: {_made_with(held)}; use the same, or choose another folder"
        problems.append(Problem(f"'{path}' cannot be continued: it has another {named}", mend))
    if int(held["runs"]) > runs:
        what = f"'{path}' holds {int(held['runs']):,} runs, more than the {runs:,} asked for"
        problems.append(Problem(what, "ask for at least as many, or choose another folder"))
    if problems:
        raise InputError(problems)


def _made_with(held: Mapping[str, Any]) -> str:
    versions = parsed(held, "versions", dict)
    parts = [f"scenario {str(held.get('scenario_hash', ''))[:12]}", f"seed {held.get('seed')}"]
    parts += [f"{held.get('sampling')} sampling"]
    return ", ".join([*parts, *(f"{name} {version}" for name, version in versions.items())])
