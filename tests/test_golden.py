"""Results that must not move unnoticed. ``pytest tests/test_golden.py --update`` rewrites them.

Each case is a file in tests/golden: quantiles over runs of every outcome, and of its paired effect,
at a few months. Within one machine results are the same bit for bit; between machines the last
digits of elementary functions may differ and, rarely, flip a posture, hence the tolerance.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import alliance_sim as al
from alliance_sim.results import outcome_names

GOLDEN = Path(__file__).parent / "golden"
SCENARIOS = ("baseline_2018", "us_exits_jcpoa", "us_intervenes_syria", "syria_settlement")
MONTHS = (0, 6, 24, 60)
LEVELS = (0.05, 0.5, 0.95)
TOLERANCE = 0.002


def quantiles(name: str) -> dict[str, Any]:
    """Quantiles over 128 runs of every outcome and of its difference from the baseline."""
    ds = al.run(name, runs=128, seed=20180508)
    effect = al.compare("baseline_2018", name, runs=128, seed=20180508)
    return {
        f"{label}{outcome}": {
            str(month): [
                round(float(q), 5) for q in np.quantile(data[outcome].isel(month=month), LEVELS)
            ]
            for month in MONTHS
        }
        for label, data in (("", ds), ("effect on ", effect))
        for outcome in outcome_names(ds)
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_results_have_not_moved(name: str, update: bool) -> None:
    file = GOLDEN / f"{name}.json"
    found = quantiles(name)
    if update:
        file.write_text(json.dumps(found, indent=1) + "\n")
    expected = json.loads(file.read_text())
    assert found.keys() == expected.keys()
    for outcome, months in expected.items():
        for month, values in months.items():
            np.testing.assert_allclose(
                found[outcome][month], values, atol=TOLERANCE, err_msg=f"{outcome} month {month}"
            )
