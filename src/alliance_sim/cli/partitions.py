"""What `blocs` was asked, what was found, and how it is shown and written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alliance_sim import store
from alliance_sim.analysis.blocs import Balance, Blocs
from alliance_sim.analysis.exact import Number
from alliance_sim.analysis.landscape import Landscape
from alliance_sim.cli.jobs import Settings, load, make_folder, unwritable
from alliance_sim.cli.layout import new_table, plain, titled, validation_notes
from alliance_sim.cli.progress import busy, progress
from alliance_sim.executors import Workers
from alliance_sim.files import replacing, write_text
from alliance_sim.library import find as find_file
from alliance_sim.library import shipped_scenarios
from alliance_sim.validation import KEY, NOT_VALIDATED

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.load.documents import Documents


@dataclass(frozen=True)
class Asked:
    """The options of the command."""

    source: str
    own: Documents | None
    """What was read of the source, where it is a system by itself."""
    month: str | None
    run: int | None
    runs: int
    seed: int
    sizes: Literal["capability", "equal"]
    workers: Workers


@dataclass(frozen=True)
class Shared:
    """Blocs over an ensemble."""

    data: xr.Dataset

    def as_json(self) -> dict[str, Any]:
        """Plain data, without NaN."""
        data, attrs = self.data, self.data.attrs
        actors = [str(each) for each in data["actor"].to_numpy()]
        pairs = [(i, j) for i in range(len(actors)) for j in range(i + 1, len(actors))]
        shared, error = data["shared"].to_numpy(), data["shared_error"].to_numpy()
        return {
            "title": attrs["title"],
            "hash": attrs["scenario_hash"],
            "month": attrs["month_read"],
            "runs": int(attrs["runs"]),
            "seed": attrs["seed"],
            "sizes": attrs["sizes"],
            KEY: NOT_VALIDATED,
            "shared": {
                f"{actors[i]}-{actors[j]}": {
                    "share": float(shared[i, j]),
                    "mcse": None if math.isnan(error[i, j]) else float(error[i, j]),
                }
                for i, j in pairs
            },
            "partitions": [
                {"blocs": list(blocs), "share": share} for blocs, share in self.partitions()
            ],
        }

    def names(self) -> dict[str, str]:
        """Actor's id -> its name."""
        data = self.data
        both = zip(data["actor"].to_numpy(), data["actor_name"].to_numpy(), strict=True)
        return {str(actor): str(name) for actor, name in both}

    def partitions(self) -> Iterator[tuple[tuple[list[str], list[str]], float]]:
        """Blocs of each partition that is the best in some run, the most frequent first."""
        actors = [str(each) for each in self.data["actor"].to_numpy()]
        sides = self.data["across"].to_numpy()
        for row, share in zip(sides, self.data["best_share"].to_numpy(), strict=True):
            blocs: tuple[list[str], list[str]] = ([], [])
            for actor, side in zip(actors, row, strict=True):
                blocs[int(side)].append(actor)
            yield blocs, float(share)


def own_file(source: str) -> Documents | None:
    """What was read of a source that is a system by itself; None for a scenario."""
    from alliance_sim.load.blocs import blocs_file

    return None if source in shipped_scenarios() else blocs_file(Path(source))


def find(asked: Asked, settings: Settings, quiet: bool) -> Blocs | Shared:
    """Study a file, a run or an ensemble, as the options have it."""
    if asked.own is None:
        return _of_scenario(asked, settings, quiet)
    from alliance_sim.load.blocs import load_blocs
    from alliance_sim.simulate import blocs

    with busy("going through all partitions", quiet):
        return blocs(load_blocs(asked.source, asked.own))


def _of_scenario(asked: Asked, settings: Settings, quiet: bool) -> Blocs | Shared:
    from alliance_sim.analysis.blocs import blocs_of
    from alliance_sim.analysis.membership import shared_blocs, system_of_run
    from alliance_sim.simulate import run_until

    with busy("reading", quiet):
        file = find_file(asked.source, "scenario")
        scenario = load(file, settings)
    # Runs do not depend on how many follow.
    runs = asked.runs if asked.run is None else asked.run + 1
    with progress(file.stem, runs, quiet) as advance:
        data, when = run_until(
            scenario, asked.month, runs, asked.seed, workers=asked.workers, progress=advance
        )
    with busy("going through all partitions", quiet):
        if asked.run is not None:
            return blocs_of(system_of_run(data, asked.run, when, asked.sizes))
        return Shared(shared_blocs(data, when, asked.sizes))


# -- files ---------------------------------------------------------------------------------


def write(found: Blocs | Shared, folder: Path, command: str) -> list[Path]:
    """Write numbers and pictures into a folder, and return their paths."""
    from alliance_sim import plots

    make_folder(folder)
    files = [folder / store.PARTITIONS, folder / store.BLOCS_PICTURE]
    try:
        text = json.dumps(found.as_json() | {"command": command}, indent=2, allow_nan=False)
        write_text(files[0], text + "\n")
        if isinstance(found, Shared):
            ax = plots.comembership(found.data)
            files.append(
                store.write(found.data.assign_attrs(command=command), folder / store.BLOCS)
            )
        elif found.landscape is None:
            return files[:1]
        else:
            ax = plots.minima(found)
        whole = ax.get_figure(root=True)
        assert whole is not None
        with replacing(files[1]) as part:
            whole.savefig(part)
    except OSError as error:
        raise unwritable(folder, error) from error
    return files


# -- the terminal --------------------------------------------------------------------------


def blocs_view(found: Blocs | Shared, top: int) -> list[RenderableType]:
    """Everything found, as tables and lines."""
    if isinstance(found, Shared):
        return _shared_view(found, top)
    parts: list[RenderableType] = [Text(plain(found.system.name), style="bold"), ""]
    if found.landscape is not None:
        parts += [*_landscape_view(found, found.landscape, top), ""]
    if found.balance is not None:
        parts += [*_balance_view(found, found.balance), ""]
    if found.positions:
        parts += [_positions_view(found), ""]
    parts += [Text(f"note: {plain(each)}") for each in found.notes]
    return parts if found.notes else parts[:-1]


def _landscape_view(found: Blocs, landscape: Landscape, top: int) -> Iterator[RenderableType]:
    minima, names = landscape.minima(top), _called(found)
    count = len(landscape.codes)
    table = new_table("blocs", ("energy", "basin", "of all"))
    for place, each in enumerate(minima, 1):
        first, second = found.members(each.across)
        level = "" if each.strict else " (level)"
        table.add_row(
            f"{place}  {_names(first, names)}\n   {_names(second, names)}{level}",
            number(each.energy),
            number(each.basin.numerator if each.basin.denominator == 1 else float(each.basin)),
            share(each.share),
        )
    left = f", the {top} deepest" if count > top else ""
    minimum = "1 local minimum" if count == 1 else f"{count:,} local minima"
    yield titled(f"{minimum} among {landscape.partitions:,} partitions{left}", table)
    yield ""
    columns = [str(place) for place in range(1, len(minima) + 1)]
    frustration = new_table("actor", ("size", *columns))
    for i, (actor, size) in enumerate(zip(found.system.actors, found.system.sizes(), strict=True)):
        values = (number(each.frustration[i]) for each in minima)
        frustration.add_row(plain(names[actor]), number(size), *values)
    yield titled("Frustration of each actor, by partition", frustration)


def _balance_view(found: Blocs, balance: Balance) -> Iterator[RenderableType]:
    index, strength = balance.line_index, balance.weighted_index
    table = new_table("measure", ("value",))
    table.add_row("balanced triads", f"{balance.triads.balanced:,}")
    table.add_row("unbalanced triads", f"{balance.triads.unbalanced:,}")
    signs = ", ".join(f"{each:,}" for each in balance.triads.by_negative_ties)
    table.add_row("triads with 0, 1, 2, 3 negative ties", signs)
    if index is not None:
        table.add_row("frustration index, number of ties", f"{index.value} of {balance.ties}")
    if strength is not None:
        table.add_row("frustration index, strength of ties", number(strength.value))
    table.add_row("largest eigenvalue", f"{balance.leading.value:.6g}")
    time = "never" if balance.blow_up is None else f"{balance.blow_up:.6g}"
    table.add_row("blow-up time of the closed form", time)
    mean = ", ties as the mean of both directions" if balance.symmetrised else ""
    yield titled(f"Structural balance{mean}", table)
    yield ""
    if index is not None:
        others = f" (one of {index.splits:,} such splits)" if index.splits > 1 else ""
        first, second = (_names(each, _called(found)) for each in found.members(index.across))
        yield Text(f"least frustrated{others}: {first} | {second}")
    yield Text(f"leading eigenvector: {_signs(found, balance)}")


def _signs(found: Blocs, balance: Balance) -> str:
    signs = balance.leading.signs
    if signs is None:
        return "no split, as the largest eigenvalue is repeated"
    actors, names = list(found.system.actors), _called(found)
    sides = [
        [actor for actor, sign in zip(actors, signs, strict=True) if sign == side]
        for side in (1, -1, 0)
    ]
    text = f"{_names(sides[0], names)} | {_names(sides[1], names)}"
    return text + (f"; on no side: {_names(sides[2], names)}" if sides[2] else "")


def _positions_view(found: Blocs) -> RenderableType:
    table = new_table("issue", ("weighted median", "weighted mean"))
    for issue, each in found.positions.items():
        between = (
            f" (from {number(float(each.lower))} to {number(float(each.upper))})"
            if each.lower != each.upper
            else ""
        )
        table.add_row(issue, f"{number(float(each.median))}{between}", number(float(each.mean)))
    return titled("Positions, weighted by capability times salience", table)


def _shared_view(found: Shared, top: int) -> list[RenderableType]:
    attrs = found.data.attrs
    about = (
        f"{attrs['title']}, {attrs['month_read']}: {int(attrs['runs']):,} runs, "
        f"seed {attrs['seed']}, sizes: {attrs['sizes']}"
    )
    parts: list[RenderableType] = [Text(plain(about), style="bold"), ""]
    table = new_table("blocs of lowest energy", ("share of runs",))
    listed, names = list(found.partitions()), found.names()
    for (first, second), each in listed[:top]:
        table.add_row(f"{_names(first, names)}\n{_names(second, names)}", share(each))
        table.add_section()
    more = f", the {top} most frequent" if len(listed) > top else ""
    title = f"Partitions{more} ({NOT_VALIDATED})"
    parts += [titled(title, table), "", _pairs_view(found), "", *validation_notes([NOT_VALIDATED])]
    return parts


def _pairs_view(found: Shared) -> RenderableType:
    """Percent of runs in which two actors share a bloc; those of the usual blocs together."""
    data = found.data
    actors = [plain(name) for name in found.names().values()]
    shared, error = data["shared"].to_numpy(), data["shared_error"].to_numpy()
    usual = data["across"].to_numpy()[0]
    order = sorted(range(len(actors)), key=lambda i: (usual[i], -shared[i].sum()))
    # No box, as its lines would cost the width that fourteen actors need.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("shares a bloc with", overflow="fold")
    for place in range(1, len(order) + 1):
        table.add_column(str(place), justify="right", no_wrap=True, min_width=3)
    for place, i in enumerate(order, 1):
        cells = ("" if i == j else share(float(shared[i, j])).rstrip("%") for j in order)
        table.add_row(f"{place:>2} {actors[i]}", *cells)
    largest = float(error.max())
    note = "" if math.isnan(largest) else f"; Monte-Carlo error at most {100 * largest:.1f} points"
    return titled(f"Percent of runs{note}", table)


def _called(found: Blocs) -> dict[str, str]:
    """Actor's id -> its name."""
    return dict(zip(found.system.actors, found.system.names(), strict=True))


def _names(actors: Sequence[str], names: Mapping[str, str]) -> str:
    return ", ".join(plain(names[actor]) for actor in actors) if actors else "(nobody)"


def number(value: Number) -> str:
    """A whole number in full, another in six digits."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def share(value: float) -> str:
    """A share in percent that is not rounded to none or all."""
    if 0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1 else f"{value:.0%}"
