"""Why does Iran turn to Russia when the US leaves the deal, and who moves first?

    python examples/why_did_it_move.py [runs]

Prints the largest causes of the effect, whose decision differed first, and one run's story up to
the first month in which someone decides otherwise because of the exit.
"""

from __future__ import annotations

import sys

import alliance_sim as al

PAIR = {"scenario": "us_exits_jcpoa", "against": "baseline_2018", "seed": 7}


def main(runs: int) -> None:
    """Explain the ensemble, then one run of it."""
    found = al.explain(dyads=["iran->russia"], runs=runs, **PAIR)
    causes = al.attribution.table(found, "iran->russia")
    print(causes[["name", "mean", "q05", "q95"]].head(6).round(3).to_string(index=False))
    print(f"all together {causes['mean'].sum():+.3f}")
    movers = found["first_share"].to_series().head(3)
    print("moved first:", ", ".join(f"{name} {share:.0%}" for name, share in movers.items()))
    story = al.chronicle(run=3, dyads=["iran-russia"], **PAIR)
    for entry in story.entries:
        print(entry)
        if entry.kind == "decides":
            break


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
