"""What `explain` finds: computed, written into the job's folder, and put as tables or text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alliance_sim import store
from alliance_sim.analysis import attribution
from alliance_sim.cli import numbers
from alliance_sim.cli.jobs import Job, unwritable
from alliance_sim.cli.layout import new_table, plain, titled, validation_notes
from alliance_sim.cli.progress import busy, progress
from alliance_sim.executors import Workers
from alliance_sim.files import write_text
from alliance_sim.simulate.explaining import account, chronicle, tracked
from alliance_sim.spec.base import directed_pair, undirected_pair
from alliance_sim.validation import KEY, mark, said_of
from alliance_sim.wording import counted, finite

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from alliance_sim.analysis.chronicle import Chronicle

_SHOWN = 12  # causes named in a table
_DIGITS = 3
_FORM = f"+.{_DIGITS}f"
_LEAST = 5e-4  # what rounds to nothing is not named
_MOVERS = 6


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    dyads: tuple[str, ...]
    runs: int
    seed: int
    workers: Workers
    plots: bool
    command: str


@dataclass(frozen=True)
class Explained:
    """What moved alignments over an ensemble."""

    job: Job
    dyads: tuple[str, ...]
    found: xr.Dataset
    files: list[Path] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Everything in the tables, all causes named."""
        attributes = self.found.attrs
        dyads = {}
        for dyad in self.dyads:
            rows = attribution.table(self.found, dyad)
            dyads[dyad] = {
                "effect": {key: finite(each) for key, each in self._whole(dyad).items()},
                "causes": {str(cause): _row(row) for cause, row in rows.iterrows()},
            }
        return {
            "scenario": self.job.label,
            "against": self.job.baseline_label or "the base date",
            "seed": int(attributes["seed"]),
            "runs": int(attributes["runs"]),
            "month": _last_month(self.found),
            KEY: self._said,
            "dyads": dyads,
            "moved_first": [
                {"mover": name, "share": share, "median_month": month}
                for name, share, month in _movers(self.found)
            ],
            "files": [str(each) for each in self.files],
        }

    def view(self) -> Iterator[RenderableType]:
        """Tables of causes, and of who moved first."""
        yield Text(plain(str(self.found.attrs["title"])), style="bold")
        against = self.job.baseline_label or "the base date"
        runs = counted(int(self.found.attrs["runs"]), "run")
        yield Text(f"{runs}, against {against}, by {_last_month(self.found)}\n", style="dim")
        for dyad in self.dyads:
            yield self._causes(dyad)
            yield ""
        movers = list(_movers(self.found))
        if movers:
            table = new_table(
                "whose decision differed first", ("% of\nruns", "after months\n(median)")
            )
            for name, share, month in movers[:_MOVERS]:
                table.add_row(self._mover(name), numbers.percent(share), f"{month:.0f}")
            if rest := movers[_MOVERS:]:
                left = numbers.percent(sum(share for _, share, _ in rest))
                table.add_row(Text(f"{len(rest)} other{'s' if len(rest) > 1 else ''}"), left, "")
            yield titled("Who moved first", table)
            yield ""
        yield Text(_NOTE)
        yield from validation_notes([self._said])
        yield ""
        yield f"Written to {self.job.folder}: " + ", ".join(each.name for each in self.files)
        yield f"Seed {self.found.attrs['seed']}"

    @property
    def _said(self) -> str:
        """How far alignments are validated."""
        return said_of(self.found.attrs)

    def _mover(self, direction: str) -> Text:
        """Whose decision about whom, by their names."""
        actors = self.job.scenario.world.actors
        return Text(plain(" towards ".join(actors[each].name for each in _pair(direction))))

    def _whole(self, dyad: str) -> dict[str, float]:
        """Mean, error and interval of all causes together."""
        last = self.found.sel(dyad=dyad).isel(month=-1)
        names = {"mean": "effect"} | {name: f"effect_{name}" for name in ("error", "q05", "q95")}
        return {name: float(last[each]) for name, each in names.items()}

    def _causes(self, dyad: str) -> RenderableType:
        """A row for each of the largest causes; the last is the sum of all."""
        rows = attribution.table(self.found, dyad)
        a, b = (self.job.scenario.world.actors[each].name for each in _pair(dyad))
        headers = ("mean", "MC\nerror", "90% of runs", f"through\n{a}", f"through\n{b}")
        table = new_table("what moved it", headers)
        felt = (rows["mean"].abs() >= _LEAST) | (rows["q95"] - rows["q05"] >= _LEAST)
        shown = rows[felt].iloc[:_SHOWN]
        rest = rows.drop(shown.index)
        for _, row in shown.iterrows():
            table.add_row(Text(plain(str(row["name"]))), *_cells(row))
        if len(rest):
            left = rest[["mean", "first", "second"]].sum().to_dict()
            table.add_row(Text(f"{len(rest)} other causes"), *_cells(left))
        table.add_section()
        whole = self._whole(dyad) | rows[["first", "second"]].sum().to_dict()
        table.add_row(Text("all together", style="bold"), *_cells(whole))
        title = f"Alignment of {a} {'to' if '->' in dyad else 'and'} {b} [index]"
        return titled(f"{title} ({mark(self._said)})", table)


def _pair(dyad: str) -> tuple[str, str]:
    a, b = directed_pair(dyad) or undirected_pair(dyad) or ("", "")
    return a, b


def _cells(row: Mapping[Any, float] | pd.Series[Any]) -> list[str]:
    known = "error" in row
    return [
        numbers.signed(row["mean"], _FORM),
        numbers.error(row["error"], _DIGITS) if known else "",
        numbers.interval(row["q05"], row["q95"], _FORM) if known else "",
        numbers.signed(row["first"], _FORM),
        numbers.signed(row["second"], _FORM),
    ]


def _row(row: pd.Series[Any]) -> dict[str, Any]:
    return {str(key): str(value) if key == "name" else finite(value) for key, value in row.items()}


def _movers(found: xr.Dataset) -> Iterator[tuple[str, float, float]]:
    if "first_share" in found:
        columns = (found[each].to_numpy() for each in ("mover", "first_share", "first_month"))
        for name, share, month in zip(*columns, strict=True):
            yield str(name), float(share), float(month)


def _last_month(found: xr.Dataset) -> str:
    return str(found["month"].to_numpy()[-1])[:7]


_NOTE = (
    "The parts add up to the whole. Through: by whose decisions a part came in; momentum is passed "
    "on to what set it going. Chance is what decisions do beyond their average."
)


def ensemble(job: Job, asked: Asked, quiet: bool) -> Explained:
    """Explain an ensemble, and write what was found."""
    from alliance_sim.plots.files import write_drawings
    from alliance_sim.plots.studies import of_explanation

    dyads = tracked(job.scenario, asked.dyads)
    sides = [job.scenario] + ([job.baseline] if job.baseline is not None else [])
    accounts = []
    with progress(job.label, asked.runs * len(sides), quiet) as advance:
        for side in sides:
            accounts.append(
                account(
                    side, dyads, asked.runs, asked.seed, workers=asked.workers, progress=advance
                )
            )
    with busy("adding up and drawing pictures", quiet):
        found = attribution.explanation(
            accounts[0], accounts[1] if len(accounts) > 1 else None, dyads
        ).assign_attrs(command=asked.command)
        answer = Explained(job, dyads, found)
        try:
            answer.files.append(store.write(found, job.folder / store.EXPLANATION))
            if asked.plots:
                pictures = write_drawings(of_explanation(found), job.folder / store.PLOTS)
                answer.files.extend(pictures)
        except OSError as error:
            raise unwritable(job.folder, error) from error
    return answer


@dataclass(frozen=True)
class Told:
    """The story of one run."""

    job: Job
    story: Chronicle
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """Every sentence with its month and kind."""
        return {
            "scenario": self.job.label,
            "against": self.job.baseline_label or "the base date",
            "seed": self.story.seed,
            "run": self.story.run,
            "entries": [
                {"month": each.month, "kind": each.kind, "text": each.text}
                for each in self.story.entries
            ],
            "files": [str(each) for each in self.files],
        }

    def view(self) -> Iterator[RenderableType]:
        """Sentences under their months."""
        yield Text(plain(self.story.heading()), style="bold")
        yield Text(self.story.legend() + "\n", style="dim")
        grid = Table.grid(padding=(0, 2))
        month = ""
        for each in self.story.entries:
            grid.add_row(each.month if each.month != month else "", Text(plain(each.text)))
            month = each.month
        yield grid
        yield ""
        yield f"Written to {self.files[0]}"


def story(job: Job, asked: Asked, run: int) -> Told:
    """Tell one run, and write it down."""
    found = chronicle(job.scenario, run, asked.seed, dyads=asked.dyads, against=job.baseline)
    file = job.folder / store.LOG.format(run=run)
    text = "\n".join([found.heading(), found.legend(), "", *found.lines(), "", asked.command, ""])
    try:
        write_text(file, text)
    except OSError as error:
        raise unwritable(job.folder, error) from error
    return Told(job, found, (file,))
