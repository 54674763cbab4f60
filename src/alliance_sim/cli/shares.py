"""What a sensitivity analysis found, for the terminal; every number is made elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from alliance_sim.cli.layout import new_table, plain, titled, validation_notes
from alliance_sim.cli.tables import files_view as _files_view
from alliance_sim.validation import KEY, mark, said_in
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

    from alliance_sim.cli.analysing import SensitivityFinding

_SCREENED = 15
"""Numbers shown of a screening alone."""
_NOTE = (
    "S1: share of the variance that would go if the number were known. ST: share that would stay "
    "if all others were. In brackets intervals of at least 90%. docs/sensitivity.md says more."
)
_MORRIS_NOTE = (
    "mu*: mean size of the effect of moving the number from its 1/8 to its 7/8 quantile; sigma: "
    "how much that depends on the others. docs/sensitivity.md says more."
)


def sensitivity_view(found: SensitivityFinding) -> Group:
    """The whole result."""
    data, about = found.shown, found.data.attrs
    parts: list[RenderableType] = [Text(plain(str(about["title"])), style="bold")]
    if about["question"]:
        parts.append(Text(plain(str(about["question"]))))
    against = f" of the effect against {found.job.baseline_label}" if about["baseline"] else ""
    numbers = f"uncertain: {about['uncertain']}"
    chance = "with noise" if about["chance"] == "drawn" else "expected paths"
    parts.append(Text(f"{numbers}; {counted(about['runs'], 'run')}, {chance}\n", style="dim"))
    for outcome in data["outcome"].to_numpy():
        one = data.sel(outcome=outcome)
        when = str(one["month"].to_numpy())[:7]
        title = f"{one['outcome_name'].item()} in {when} ({mark(said_in(one))})"
        if "S1" in data:
            parts += _shares(one, f"Shares of the variance{against}: {title}")
        else:
            words = f"Elementary effects{' on the effect' if against else ''}: {title}"
            parts += [titled(f"{words} [{one['unit'].item()}]", _screened(one)), ""]
    parts.append(Text(_NOTE if "S1" in data else _MORRIS_NOTE, style="dim"))
    parts += validation_notes(map(said_in, (data.sel(outcome=each) for each in data["outcome"])))
    return Group(*parts)


def _shares(one: xr.Dataset, title: str) -> Iterator[RenderableType]:
    """Shares by number and by ground of one outcome."""
    measured = one["S1"].notnull().to_numpy()
    if not measured.any():
        yield titled(title, new_table("number", ()))
        yield Text("does not vary: there is nothing to share\n")
        return
    table = _index_table("number, and its source", ("basis",))
    for place in _by_share(one):
        row = one.isel(parameter=place)
        named = row["source"].item()
        table.add_row(_sourced(row), *_cells(row, ""), str(row["basis"].item()) if named else "")
    yield titled(title, table)
    yield ""
    table = _index_table("rests on", ())
    for ground in one["ground"].to_numpy():
        label = str(ground).replace("judgement on", "  of it, on")
        table.add_row(label, *_cells(one.sel(ground=ground), "group_"))
    yield titled("By what the numbers rest on, each ground together", table)
    yield ""


def _by_share(one: xr.Dataset) -> list[int]:
    """Places of what has a share, the largest first; what is shared by many last."""
    total = one["ST"].to_numpy()
    together = ~one["source"].to_numpy().astype(bool)
    measured = np.flatnonzero(np.isfinite(total))
    return sorted(measured.tolist(), key=lambda place: (together[place], -total[place]))


def _sourced(row: xr.Dataset) -> Text:
    """A number's name, and under it its source."""
    text = Text(plain(str(row["name"].item())))
    if source := plain(str(row["source"].item())):
        text.append(f"\n  {source}", style="dim")
    return text


def _index_table(first: str, others: Sequence[str]) -> Table:
    table = new_table(first, ("S1 [%]", "", "ST [%]", ""))
    for name in others:
        table.add_column(name, justify="left", no_wrap=True)
    return table


def _cells(row: xr.Dataset, prefix: str) -> list[str]:
    """S1 and ST with their intervals, in percent."""
    cells = []
    for name in ("S1", "ST"):
        value, low, high = (
            100 * row[f"{prefix}{name}{end}"].item() for end in ("", "_low", "_high")
        )
        cells += [_whole(value), f"[{_whole(low)}, {_whole(high)}]"]
    return cells


def _whole(value: float) -> str:
    """A number without decimals, and without a sign where it rounds to nothing."""
    return f"{round(value) + 0:d}"


def _screened(one: xr.Dataset) -> Table:
    """Elementary effects, the largest first."""
    table = new_table("number, and its source", ("mu*", "+-", "mu", "sigma"))
    table.add_column("basis", justify="left", no_wrap=True)
    size = one["mu_star"].to_numpy()
    order = [int(place) for place in np.argsort(-size, kind="stable") if np.isfinite(size[place])]
    largest = float(one["mu_star"].max())
    digits = 3 if not largest > 0 else max(0, 2 - math.floor(math.log10(largest)))
    for place in order[:_SCREENED]:
        row = one.isel(parameter=place)
        table.add_row(
            _sourced(row),
            f"{row['mu_star'].item():.{digits}f}",
            f"{row['mu_star_conf'].item():.{digits}f}",
            f"{row['mu'].item():+.{digits}f}",
            f"{row['sigma'].item():.{digits}f}",
            str(row["basis"].item()),
        )
    return table


def files_view(found: SensitivityFinding, files: list[Path]) -> list[str]:
    """Where everything is, and what repeats it."""
    return _files_view(files, found.job.folder, found.data.attrs)


def as_json(found: SensitivityFinding, files: list[Path]) -> dict[str, Any]:
    """The month shown as plain data, None for what was not measured."""
    data, about = found.shown, found.data.attrs
    keys = ("title", "question", "seed", "runs", "method", "points", "trajectories", "chance")
    return {
        "scenario": found.job.label,
        **{key: about[key] for key in keys},
        "hash": about["scenario_hash"],
        "baseline": found.job.baseline_label or None if about["baseline"] else None,
        "month": str(data["month"].to_numpy())[:7],
        "outcomes": {
            str(outcome): {
                KEY: said_in(data.sel(outcome=outcome)),
                "parameters": _rows(data.sel(outcome=outcome), "parameter", ""),
                "grounds": _rows(data.sel(outcome=outcome), "ground", "group_"),
            }
            for outcome in data["outcome"].to_numpy()
        },
        "files": [str(path) for path in files],
    }


def _rows(one: xr.Dataset, dim: str, prefix: str) -> dict[str, dict[str, Any]]:
    if dim not in one.dims:
        return {}
    names = [str(name) for name, each in one.data_vars.items() if each.dims == (dim,)]
    texts = [str(name) for name, each in one.coords.items() if each.dims == (dim,) and name != dim]
    found: dict[str, dict[str, Any]] = {}
    for place, key in enumerate(map(str, one[dim].to_numpy())):
        row: dict[str, Any] = {name: str(one[name].to_numpy()[place]) for name in texts}
        for name in names:
            value = float(one[name].to_numpy()[place])
            row[name.removeprefix(prefix)] = value if math.isfinite(value) else None
        found[key] = row
    return found
