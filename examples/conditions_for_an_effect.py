"""Under which conditions does a US exit move Iran to Russia by a lot?

    python examples/conditions_for_an_effect.py [points]

Searches the joint prior of all uncertain numbers for boxes in which a large effect is more common
than elsewhere (PRIM, Friedman and Fisher 1999), judged on points that the search has not seen.
"""

from __future__ import annotations

import sys

import alliance_sim as al


def main(points: int) -> None:
    """Print how often it happens, and the conditions under which it does."""
    found = al.discover(
        "us_exits_jcpoa", "effect:iran_to_russia>0.12", "baseline_2018", runs=points, seed=7
    )
    print(f"an effect above 0.12 at {found.share:.0%} of {points} points")
    for box, conditions in zip(found.boxes, found.described, strict=True):
        worth = box.worth
        print(f"at {worth.density:.0%} of those in this box, with {worth.coverage:.0%} of all:")
        for each in conditions:
            ends = f"above {each['above']}" if each["above"] else f"below {each['below']}"
            print(f"  {each['name']} {ends} ({each['basis']})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 512)
