"""Writes what a calibration found, and tells it in tables."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from alliance_sim import store
from alliance_sim.cli.jobs import unwritable
from alliance_sim.cli.layout import new_table, plain, titled
from alliance_sim.cli.numbers import percent
from alliance_sim.files import write_text
from alliance_sim.wording import finite

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.simulate.calibrated import Calibration

_GENERATION = ("threshold", "simulated", "acceptance", "effective", "shift")
"""What is told of every generation."""
POSTERIOR = "posterior.yaml"
_WIDTH = 110
_SUSPECT = 0.01
"""Probability below which ranks are told as uneven, and share of simulations beyond the data below
which a summary is told as not reproduced."""


def teller(quiet: bool) -> Callable[[str], None]:
    """Says on stderr what was just done."""

    def tell(text: str) -> None:
        if not quiet:
            print(text, file=sys.stderr, flush=True)

    return tell


def write(
    found: Calibration, folder: Path, command: str, plots: bool
) -> tuple[xr.Dataset, list[Path]]:
    """Write the posterior, the dataset and the picture."""
    from alliance_sim.plots.files import write_drawings
    from alliance_sim.plots.posteriors import drawings

    data = found.dataset().assign_attrs(command=command)
    path = folder / POSTERIOR
    try:
        write_text(path, posterior_text(found, command))
        files = [path, store.write(data, folder / store.CALIBRATION)]
        if plots:
            files += write_drawings(drawings(data), folder / store.PLOTS)
    except OSError as error:
        raise unwritable(folder, error) from error
    return data, files


def posterior_text(found: Calibration, command: str) -> str:
    """The posterior as YAML that a world takes in with ``extends``."""
    head = (
        f"# Made by `{command}`;\n# run it again rather than edit it. Each number is a column of "
        "one table, and all are drawn together.\n"
    )
    return head + "\n".join(_lines(found.fragment(), "")) + "\n"


def _lines(entry: dict[str, Any], indent: str) -> Iterator[str]:
    """A mapping as YAML; what holds no mapping of mappings stands on its own lines as JSON."""
    for key, value in entry.items():
        if isinstance(value, dict) and "joint" not in value:
            yield f"{indent}{json.dumps(key) if '*' in key else key}:"
            yield from _lines(value, indent + "  ")
        else:
            text = f"{indent}{json.dumps(key) if '*' in key else key}: {json.dumps(value)}"
            # At spaces alone: YAML reads the end of a line as one.
            yield from textwrap.wrap(
                text,
                _WIDTH,
                subsequent_indent=indent + "  ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def view(data: xr.Dataset) -> Group:
    """All that a calibration prints."""
    told = data.attrs
    head = f"{told['title']}: {told['dyads']} dyads"
    return Group(
        Text(plain(head), style="bold"),
        "",
        titled("Posterior against prior: median and central 90%", _numbers(data)),
        "",
        titled("Generations", _generations(data)),
        "",
        titled("What panels simulated from the posterior look like", _looks(data)),
        "",
        *(Text(note) for note in _notes(data)),
    )


def _numbers(data: xr.Dataset) -> Any:
    from alliance_sim.plots.posteriors import label

    shown = new_table("number", ("prior", "posterior", "found\nagain", "ranks,\np"))
    for path in map(str, data["number"].to_numpy()):
        one = data.sel(number=path)
        prior = one["prior"].to_numpy()
        rows = one["posterior"].quantile([0.05, 0.5, 0.95]).to_numpy()
        shown.add_row(
            Text(plain(label(path))),
            _span(prior),
            _span(rows),
            f"{float(one['recovery']):.2f}",
            f"{float(one['rank_p']):.3f}",
        )
    return shown


def _generations(data: xr.Dataset) -> Any:
    shown = new_table(
        "generation", ("distance", "runs", "accepted", "particles\nthat differ", "shift")
    )
    for place in range(data.sizes["generation"]):
        far, runs, share, size, shift = (float(data[name][place]) for name in _GENERATION)
        cells = (f"{far:.2f}", f"{runs:,.0f}", percent(share), f"{size:,.0f}", f"{shift:.2f}")
        shown.add_row(str(place + 1), *cells)
    return shown


def _looks(data: xr.Dataset) -> Any:
    shown = new_table("in the panel", ("seen", "simulated", "below"))
    for look in map(str, data["look"].to_numpy()):
        one = data.sel(look=look)
        share = float(one["predictive"])
        seen = f"{float(one['look_observed']):.2g}"
        cells = (seen, _span(one["look_simulated"].to_numpy()), percent(share))
        if math.isnan(share):  # too little was observed to look at it
            cells = ("-", "-", "-")
        shown.add_row(Text(plain(look)), *cells)
    return shown


def _notes(data: xr.Dataset) -> Sequence[str]:
    told = data.attrs
    suspect = data["number"].to_numpy()[data["rank_p"].to_numpy() < _SUSPECT]
    share = data["predictive"].to_numpy()
    missed = data["look"].to_numpy()[(share < _SUSPECT) | (share > 1 - _SUSPECT)]
    beyond = data["number"].to_numpy()[data["beyond"].to_numpy().astype(bool)]
    short = "The search ended with its first generation: allow more runs of it (--most)."
    few = "Points are not adjusted: there are too few particles for so many numbers. Ask for more."
    return (
        *((short,) if data.sizes["generation"] == 1 else ()),
        *((few,) if told["adjusted"] == "false" else ()),
        f"Effective size of the sample after the adjustment: {told['effective']:,.0f}.",
        "Found again: correlation of guess and truth in simulated data. Ranks: probability of "
        "ranks as uneven in simulation-based calibration; low where posteriors are too narrow, too "
        "wide or off.",
        f"Ranks uneven: {', '.join(map(str, suspect)) or 'none'}.",
        "What was observed speaks for more than nearly all simulations do, and counts as the "
        f"outermost of these: {', '.join(map(str, beyond)) or 'of no number'}.",
        f"Not reproduced by the posterior: {', '.join(map(str, missed)) or 'none of these'}.",
    )


def as_json(data: xr.Dataset, files: Sequence[Path]) -> dict[str, Any]:
    """The same as plain data."""
    numbers = {}
    for path in map(str, data["number"].to_numpy()):
        one = data.sel(number=path)
        numbers[path] = {
            "prior": _list(one["prior"].to_numpy()),
            "posterior": _list(one["posterior"].quantile([0.05, 0.5, 0.95]).to_numpy()),
            "recovery": finite(float(one["recovery"])),
            "rank_p": finite(float(one["rank_p"])),
            "beyond": bool(one["beyond"]),
        }
    return {
        **{key: finite(value) for key, value in data.attrs.items()},
        "numbers": numbers,
        "generations": [
            {name: finite(float(data[name][place])) for name in _GENERATION}
            for place in range(data.sizes["generation"])
        ],
        "predictive": {
            str(name): finite(float(value))
            for name, value in zip(
                data["look"].to_numpy(), data["predictive"].to_numpy(), strict=True
            )
        },
        "files": [str(each) for each in files],
    }


def _list(values: Any) -> list[float]:
    return [float(each) for each in values]


def _span(values: Any) -> str:
    low, middle, high = (f"{float(each):.2g}" for each in values)
    return f"{middle} ({low}-{high})"
