"""Which uncertain numbers decide the effect of a US exit, and what do they rest on?

    python examples/what_matters.py

Screens all uncertain numbers on expected paths (Morris 1991), then shares the variance of the
effect out among the most influential (Sobol indices), each beside the ground it stands on.
"""

from __future__ import annotations

import alliance_sim as al

OUTCOME = "iran_to_russia"


def main(points: int = 64) -> None:
    """Print the most influential numbers with the share of the variance that each carries."""
    design = al.SensitivityDesign(points=points, trajectories=4, top=4)
    found = al.sensitivity("us_exits_jcpoa", "baseline_2018", [OUTCOME], design=design, seed=7)
    one = found.isel(outcome=0, month=-1)
    table = one[["name", "basis", "ST"]].to_dataframe().dropna(subset="ST")
    for _, row in table.sort_values("ST", ascending=False).iterrows():
        print(f"{row['ST']:4.0%}  {row['basis']:10} {row['name']}")


if __name__ == "__main__":
    main()
