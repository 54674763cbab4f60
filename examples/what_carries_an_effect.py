"""How much of a scenario's effect do general mechanisms carry, and how much the drivers?

    python examples/what_carries_an_effect.py [runs]

Prints, for each shipped scenario, the mean paired effect at the horizon with everything on, with
the mechanisms off, and with the drivers off.
"""

from __future__ import annotations

import sys

import alliance_sim as al

SCENARIOS = {
    "us_threatens_jcpoa": "iran_to_russia",
    "us_exits_jcpoa": "iran_to_russia",
    "us_intervenes_syria": "axis_strength",
    "us_leaves_syria": "russia_to_iran",
    "nato_expands": "axis_strength",
    "iran_us_rapprochement": "iran_to_russia",
    "syria_settlement": "axis_strength",
}


def effects(overrides: list[str], runs: int) -> list[float]:
    """Mean paired effect of each scenario at the horizon."""
    base = al.load_scenario("baseline_2018", overrides)
    found = []
    for name, outcome in SCENARIOS.items():
        change = al.compare(base, al.load_scenario(name, overrides), runs=runs, seed=7)
        found.append(float(change[outcome].isel(month=-1).mean()))
    return found


def main(runs: int) -> None:
    """Print the table."""
    world = al.load_world("west_asia_2018")
    ablations = {
        "all": [],
        "mechanisms off": [f"world.mechanisms.{name}.weight=0" for name in world.mechanisms],
        "drivers off": ["drivers=false"],
    }
    print(f"{'scenario':24}{'outcome':18}" + "".join(f"{name:>16}" for name in ablations))
    columns = [effects(each, runs) for each in ablations.values()]
    for (scenario, outcome), *parts in zip(SCENARIOS.items(), *columns, strict=True):
        print(f"{scenario:24}{outcome:18}" + "".join(f"{part:+16.3f}" for part in parts))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 32)
