"""Two blocs or one? How often two states would end on the same side, with and without a thaw.

    python examples/blocs_of_the_present.py [runs]

Prints for some pairs the share of runs in which they share a bloc of lowest energy five years on
(Axelrod and Bennett 1993), with its Monte-Carlo error.
"""

from __future__ import annotations

import sys

import alliance_sim as al

PAIRS = (("iran", "russia"), ("iran", "turkey"), ("saudi_arabia", "united_states"))
SCENARIOS = ("baseline_2018", "us_exits_jcpoa", "nato_russia_thaw")


def main(runs: int) -> None:
    """Print a row for each pair."""
    found = {name: al.shared_blocs(name, "2023-05", runs=runs, seed=7) for name in SCENARIOS}
    print(f"{'':30}" + "".join(f"{name:>20}" for name in SCENARIOS))
    for a, b in PAIRS:
        cells = [ds.sel(actor=a, other=b) for ds in found.values()]
        shares = [
            f"{float(each['shared']):.0%} ± {float(each['shared_error']):.0%}" for each in cells
        ]
        print(f"{a + ' and ' + b:30}" + "".join(f"{share:>20}" for share in shares))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
