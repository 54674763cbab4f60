"""A world that is not about Iran, in forty lines: does a naval race draw Britain to France?

    python examples/world_from_scratch.py [runs]

The world is great_powers_1904.yaml, the question germany_builds_a_fleet.yaml, both beside this
file. Prints the effect at the horizon, and how much of it common threat carries.
"""

from __future__ import annotations

import sys
from pathlib import Path

import alliance_sim as al

HERE = Path(__file__).parent


def main(runs: int) -> None:
    """Compare, and take the mechanism out."""
    base, race = (HERE / f"{name}.yaml" for name in ("great_powers_1904", "germany_builds_a_fleet"))
    without = ["world.mechanisms.common_threat.weight=0"]
    for name, changes in (("all mechanisms", []), ("without common threat", without)):
        pair = (al.load_scenario(each, changes) for each in (base, race))
        effect = al.compare(*pair, runs=runs, seed=7)["britain_france"].isel(month=-1)
        low, high = effect.quantile([0.05, 0.95], "run").values
        print(f"{name}: {float(effect.mean()):+.3f} [{low:+.3f}, {high:+.3f}]")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
