"""What a calibration found: a posterior that a world can build on, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim.calibration import Population, Ranks
from alliance_sim.simulate.calibrations import WORLD, Looks, Reader, Study, normal_scores
from alliance_sim.simulate.designs import Doubles
from alliance_sim.spec.observation import ROOT

if TYPE_CHECKING:
    import xarray as xr

BINS = 10
"""Of the ranks of simulation-based calibration."""
_DIGITS = 4


@dataclass(frozen=True)
class Calibration:
    """A posterior of a world's numbers, and of those of the observation model.

    Attributes:
        study: what was asked.
        reader: the summaries.
        population: of the last generation.
        points: (row, number) of the posterior's table, as probabilities under the prior.
        ranks: of true numbers in posteriors of simulated data.
        looks: panels simulated from the posterior beside the one observed.
    """

    study: Study
    reader: Reader
    population: Population
    points: Doubles
    ranks: Ranks
    looks: Looks

    @property
    def values(self) -> dict[str, Doubles]:
        """Path -> (row,) values of the posterior's table."""
        return self.study.values(self.points)

    @property
    def first(self) -> int:
        """First year that counted."""
        return self.study.panel.years[0]

    @property
    def until(self) -> int:
        """Last year that counted."""
        return self.study.panel.years[-1]

    @property
    def table(self) -> str:
        """Name of the posterior's table."""
        return f"{self.study.measure}_{self.first}_{self.until}"

    def fragment(self) -> dict[str, Any]:
        """What a world takes in with ``extends``: the table by path, and where it is from."""
        found: dict[str, Any] = {}
        source = f"{self.table}: posterior of {self.study.experiment.scenario.world.name}"
        for path, column in self.values.items():
            if not path.startswith(WORLD):
                continue
            *steps, last = path.removeprefix(WORLD).split(".")
            entry = found
            for step in steps:
                entry = entry.setdefault(step, {})
            numbers = [float(f"{each:.{_DIGITS}g}") for each in column]
            entry[last] = {"joint": {"of": self.table, "values": numbers}}
            if steps[0] in ("mechanisms", "drivers"):
                entry["source"] = source
        years = f"{self.first} to {self.until}"
        about = f"Calibration on {self.study.measure} of {years} (docs/calibration.md)"
        flows = {"sources": {"behaviour.*": source}} if "behaviour" in found else {}
        return {"references": {self.table: about}, **flows, **found}

    @property
    def recovery(self) -> Doubles:
        """(number,) correlation of guess and truth where nothing was learned from."""
        aside = self.reader.aside
        guess = self.reader.reduced(aside.features)
        truth = normal_scores(aside.points)
        return np.array(
            [np.corrcoef(one, other)[0, 1] for one, other in zip(guess.T, truth.T, strict=True)]
        )

    def dataset(self) -> xr.Dataset:
        """Posterior, generations, ranks and checks as one dataset.

        Dimensions: ``number`` (paths), ``row``, ``generation``, ``bin``, ``look``.
        """
        import xarray as xr

        paths, rows = list(self.study.paths), self.values
        generations = self.population.generations
        low, high = self.ranks.band(BINS)
        prior = {p: self.study.priors[p](np.array([0.05, 0.5, 0.95])) for p in paths}
        fields = ("threshold", "simulated", "acceptance", "effective", "shift")
        data = {
            "posterior": (("number", "row"), np.array([rows[p] for p in paths])),
            "prior": (("number", "quantile"), np.array([prior[p] for p in paths])),
            "recovery": ("number", self.recovery),
            "rank_p": ("number", self.ranks.p_values(BINS)),
            "beyond": ("number", self.reader.beyond),
            "ranks": (("bin", "number"), self.ranks.counts(BINS).astype(np.int32)),
            "predictive": ("look", self.looks.below),
            "look_observed": ("look", self.looks.observed),
            "look_simulated": (
                ("look", "quantile"),
                np.quantile(self.looks.simulated, [0.05, 0.5, 0.95], axis=1).T,
            ),
        } | {
            each: ("generation", np.array([float(getattr(g, each)) for g in generations]))
            for each in fields
        }
        return xr.Dataset(
            data,
            coords={
                "number": paths,
                "quantile": [0.05, 0.5, 0.95],
                "look": list(self.looks.names),
            },
            attrs={
                "title": f"Calibration on {self.study.measure}, {self.first} to {self.until}",
                "measure": self.study.measure,
                "source": self.study.source,
                "first": self.first,
                "until": self.until,
                "table": self.table,
                "dyads": int(np.isfinite(self.study.panel.values).any(axis=1).sum()),
                "seed": self.study.experiment.seed,
                "band": f"{low} to {high}",
                "effective": float(self.population.posterior.effective),
                "adjusted": str(self.population.adjusts).lower(),
                "observation": f"{ROOT}.{self.study.measure}",
            },
        )
