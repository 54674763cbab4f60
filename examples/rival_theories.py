"""Do rival theories agree on what a US exit from the deal does, and what is the doubt made of?

    python examples/rival_theories.py [runs]

Prints the mean effect on Iran's orientation to Russia under each theory alone, the paper's drivers
off, and splits its variance into what parameters, chance and the choice of a theory contribute.
"""

from __future__ import annotations

import sys

import alliance_sim as al
from alliance_sim.analysis.variance import variance_split

THEORIES = ["balance_of_threat", "dependence_under_coercion", "structural_balance"]
OUTCOME = "iran_to_russia"


def main(runs: int) -> None:
    """Compare under every theory with shared draws."""
    names = ("baseline_2018", "us_exits_jcpoa")
    pair = (al.load_scenario(name, ["drivers=false"]) for name in names)
    found = al.compare(*pair, runs=runs, seed=7, theories=THEORIES, replicates=2)
    effect = found[OUTCOME].isel(month=-1)
    for theory in THEORIES:
        low, high = effect.sel(theory=theory).quantile([0.05, 0.95], ["run", "replicate"]).values
        mean = float(effect.sel(theory=theory).mean())
        print(f"{theory:28} {mean:+.3f}, 90% of runs {low:+.3f} to {high:+.3f}")
    split = variance_split(found[[OUTCOME]].isel(month=-1)).sel(outcome=OUTCOME)
    for part in ("parameter", "chance", "theory"):
        share, error = (float(split[f"share_{part}{end}"]) for end in ("", "_error"))
        print(f"{part:28} {share:.0%} ± {error:.0%} of the variance")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
