"""Hold claims of a text against the model: what each takes to run, and the verdict on it.

The rules are those of docs/verdicts.md and :mod:`alliance_sim.analysis.verdicts`. Claims share
runs: every distinct scenario, under every change that any claim asks for, is run once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alliance_sim.analysis import verdicts
from alliance_sim.claims.measure import Json
from alliance_sim.claims.plan import Runs
from alliance_sim.claims.rows import ABLATION_DRAWS, THEORY_DRAWS, row_of
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.load.claims import Loaded, load_claims
from alliance_sim.simulate import attributes
from alliance_sim.simulate.estimates import refuse_what_cannot_fit

DRAWS = 2048
"""Runs with chance, and draws of the parameters on the expected path, unless asked otherwise."""


@dataclass(frozen=True)
class Report:
    """What was found about every claim, as plain data."""

    claims: tuple[Json, ...]
    settings: Json

    def counts(self, key: str = "verdict") -> dict[str, int]:
        """Number of claims with each verdict; ``doubled`` and ``as_it_is`` count those."""
        found = [
            row[key] if key == "verdict" else row.get(key, row)["verdict"] for row in self.claims
        ]
        return {each: found.count(each) for each in (*reversed(verdicts.ORDER), "untestable")}

    def as_json(self) -> Json:
        """One object with the settings, a summary, and a row for each claim."""
        moved = [
            row["id"]
            for row in self.claims
            if "doubled" in row and row["doubled"]["verdict"] != row["as_it_is"]["verdict"]
        ]
        summary = {
            "verdicts": self.counts(),
            "as_it_is": self.counts("as_it_is"),
            "doubled": self.counts("doubled"),
            "moved_by_doubling": moved,
        }
        return {"settings": self.settings, "summary": summary, "claims": list(self.claims)}


class Plan(Runs):
    """What has to be run for some claims, and then what was found."""

    def __init__(self, loaded: Loaded, runs: int = DRAWS, seed: int = 0) -> None:
        """Put on the plan what every claim reads."""
        super().__init__(loaded, runs, seed)
        for bound in loaded.claims:
            row_of(self, bound)

    def run(
        self, workers: Workers = None, progress: Callable[[int], None] = lambda done: None
    ) -> Report:
        """Run everything on the plan, and judge."""
        self.compute(workers, progress)
        return Report(tuple(row_of(self, bound) for bound in self.loaded.claims), self._settings())

    def _settings(self) -> Json:
        some = self.some
        versions = attributes(some, self.runs, self.seed)["versions"] if some else "{}"
        return {
            "seed": self.seed,
            "runs": self.runs,
            "ablation_draws": min(self.runs, ABLATION_DRAWS),
            "theory_draws": min(self.runs, THEORY_DRAWS),
            "scenarios_run": len(self.tasks),
            "about": self.loaded.about,
            "versions": json.loads(versions),
            "rules": {
                "most": verdicts.MOST,
                "half": verdicts.HALF,
                "sign": verdicts.SIGN,
                "tail": verdicts.TAIL,
                "text": "docs/verdicts.md",
            },
        }


def plan_claims(
    file: Path | None = None, only: Sequence[str] = (), runs: int = DRAWS, seed: int = 0
) -> Plan:
    """Read claims and find out what has to be run for them.

    Args:
        file: a file of claims; left out, the shipped ones.
        only: ids of the claims to judge; none for all.
        runs: runs with chance, and draws of the parameters.
        seed: any integer from 0.

    Raises:
        InputError: where claims, scenarios or numbers cannot be used, or so many runs do not fit
            into memory.
    """
    least: dict[str, tuple[Any, int]] = {"runs": (runs, 1), "seed": (seed, 0)}
    problems = [
        Problem(f"{name} is {value!r}", f"give a whole number of at least {low}")
        for name, (value, low) in least.items()
        if isinstance(value, bool) or not isinstance(value, int) or value < low
    ]
    if problems:
        raise InputError(problems)
    loaded = load_claims(file, only)
    first = next(iter(loaded.scenarios.values()), None)
    if first is not None:  # every other is run as often
        refuse_what_cannot_fit(first, runs, None)
    return Plan(loaded, runs, seed)


def judge_claims(
    only: Sequence[str] = (),
    runs: int = DRAWS,
    seed: int = 0,
    *,
    file: Path | None = None,
    workers: Workers = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Hold claims against the model, by the rules of docs/verdicts.md.

    Args:
        only: ids of the claims to judge; none for all.
        runs: runs with chance, and draws of the parameters.
        seed: any integer from 0.
        file: a file of claims; left out, the shipped ones.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.

    Raises:
        InputError: where claims, scenarios or numbers cannot be used.
        RunError: where a run gives a number that is not finite.
    """
    return plan_claims(file, only, runs, seed).run(workers, progress)
