"""Pictures of results: each function draws on an ``ax``, or on a new figure, and returns its Axes.

Figures are made without pyplot, so none stays open and none is shown by itself: in a notebook
end a cell with ``ax.figure``, in a script call ``ax.figure.savefig(...)``.
"""

from __future__ import annotations

from alliance_sim.plots.attributions import attribution
from alliance_sim.plots.backtests import backtest, coverage
from alliance_sim.plots.blocs import comembership, minima
from alliance_sim.plots.claims import forest
from alliance_sim.plots.comparisons import effect_fan, variance_split
from alliance_sim.plots.discoveries import conditions
from alliance_sim.plots.distributions import effects, horizon
from alliance_sim.plots.files import overview, write_all
from alliance_sim.plots.posteriors import posterior
from alliance_sim.plots.relations import matrix, network
from alliance_sim.plots.ridgelines import ridgeline
from alliance_sim.plots.sensitivities import influence, tornado
from alliance_sim.plots.studies import write_comparison
from alliance_sim.plots.timelines import classes, fan

__all__ = [
    "attribution",
    "backtest",
    "classes",
    "comembership",
    "conditions",
    "coverage",
    "effect_fan",
    "effects",
    "fan",
    "forest",
    "horizon",
    "influence",
    "matrix",
    "minima",
    "network",
    "overview",
    "posterior",
    "ridgeline",
    "tornado",
    "variance_split",
    "write_all",
    "write_comparison",
]
