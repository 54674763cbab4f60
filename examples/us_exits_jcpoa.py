"""What if the US leaves the nuclear deal? Paired effects, from Python.

python examples/us_exits_jcpoa.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # pictures go to files

import alliance_sim as al

RUNS, SEED = 500, 7


def main(folder: Path = Path("results/example")) -> None:
    """Run the scenario, print the effect, draw one picture."""
    scenario = al.load_scenario("us_exits_jcpoa")
    effect = al.compare("baseline_2018", scenario, runs=RUNS, seed=SEED)
    for outcome in ("iran_to_russia", "iran_to_china"):
        at_horizon = effect[outcome].isel(month=-1)
        low, middle, high = at_horizon.quantile([0.05, 0.5, 0.95], "run").values
        up = float((at_horizon > 0).mean())
        print(f"{outcome}: {middle:+.3f} [{low:+.3f}, {high:+.3f}], up in {up:.0%} of runs")
    axes = al.plots.fan(al.run(scenario, runs=RUNS, seed=SEED), "alignment", dyad="iran-russia")
    folder.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(folder / "iran_russia.png", dpi=150)


if __name__ == "__main__":
    main()
