"""Fitting uncertain numbers to what was observed, by simulation.

Everything happens in the unit cube: a point holds a probability for each uncertain number, read
through the number's own quantile function, so that the prior of every number is uniform there.
"""

from alliance_sim.calibration.adjusting import Sample, nearest
from alliance_sim.calibration.checking import Ranks, ranks
from alliance_sim.calibration.smc import Effort, Generation, Population, sequential

__all__ = [
    "Effort",
    "Generation",
    "Population",
    "Ranks",
    "Sample",
    "nearest",
    "ranks",
    "sequential",
]
