"""Western force, absent and present: can both have drawn Russia and Iran together?

    python examples/claims_of_the_paper.py [runs]

The paper says that Western unwillingness to intervene drew Russia to Iran (C26), and that an
American intervention in Syria would strengthen the two (C01). Prints the verdict on both, what is
left of the effect without the claim's own drivers, and the verdict under each reading of the text.
"""

from __future__ import annotations

import sys

import alliance_sim as al


def main(runs: int) -> None:
    """Print both claims with their doubts."""
    report = al.judge_claims(["C01", "C26"], runs=runs, seed=7)
    for claim in report.claims:
        (found,) = claim["outcomes"]
        effect = found["effect"]
        print(f"{claim['id']} {claim['statement']}")
        print(
            f"  {claim['verdict']}: {found['outcome']} {effect['mean']:+.3f} "
            f"[{effect['q05']:+.3f}, {effect['q95']:+.3f}], as expected in {found['share']:.0%} "
            "of the parameter draws"
        )
        (left,) = claim["without_its_drivers"]["outcomes"]
        print(f"  without its drivers: {left['mean']:+.3f}, with them {left['whole']:+.3f}")
        for reading in claim["readings"]:
            print(f"  read as {reading['option']}: {reading['verdict']}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
