"""How well observables were forecast where the outcome is known: what a backtest found, as a file.

The file is ``scenarios/observation/skill.yaml``; ``alliance-sim backtest --skill FILE`` writes one.
Its form is in docs/validation.md.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from ruamel.yaml import YAML

from alliance_sim import validation
from alliance_sim.library import shipped_skill
from alliance_sim.load.documents import Documents
from alliance_sim.load.explain import checked
from alliance_sim.observations.forms import MEASURES
from alliance_sim.spec.base import Frozen, Id, did_you_mean, problem_error
from alliance_sim.spec.numbers import Real
from alliance_sim.wording import counted

Year = Annotated[int, Field(ge=1000, le=9999)]
Rival = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_() -]*$", max_length=80)]
Score = Literal["crps", "mae"]
SCORES: dict[str, str] = {"crps": "CRPS", "mae": "absolute-error"}
"""Score -> what it is called before 'skill'."""


class ObservableSkill(Frozen):
    """The skill of forecasts of one observable."""

    forecast: Literal["pure", "conditional"]
    """pure: nothing after the origin was known; conditional: what happened from outside was."""
    from_year: Annotated[Year, Field(alias="from")]
    """First year that was forecast."""
    to_year: Annotated[Year, Field(alias="to")]
    """Last year that was forecast."""
    ahead: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    """Fewest and most years from the origin to the year forecast."""
    pairs: Annotated[int, Field(ge=1)]
    """Number of pairs of actors."""
    score: Score = "crps"
    """What the skill is made of."""
    skill: Annotated[dict[Rival, tuple[Real, Real, Real]], Field(min_length=1)]
    """Rival -> 1 - score / score of the rival, and the ends of its 90% interval."""
    command: Annotated[str, Field(max_length=10_000)]
    """What found it."""
    world: Id
    """The world that was run."""

    @field_validator("to_year", "ahead")
    @classmethod
    def _in_order(cls, value: int | tuple[int, int], info: ValidationInfo) -> int | tuple[int, int]:
        first, last = value if isinstance(value, tuple) else (info.data.get("from_year"), value)
        if first is not None and first > last:
            raise problem_error(f"{first} comes after {last}", "give the earlier first")
        return value

    @field_validator("skill")
    @classmethod
    def _within(
        cls, value: dict[str, tuple[float, float, float]]
    ) -> dict[str, tuple[float, float, float]]:
        for rival, (skill, low, high) in value.items():
            if skill > 1 or high > 1:
                raise problem_error(f"a skill of 1 against {rival} is passed", "1 is perfect")
            if low > high:
                mend = "write [skill, low, high]"
                raise problem_error(f"the interval against {rival} does not rise", mend)
        return value

    def text(self, observable: str) -> str:
        """The skill in words, against every rival."""
        first, last = self.ahead
        ahead = counted(first, "year") if first == last else f"{first}-{last} years"
        which = f"{self.forecast} forecasts {ahead} ahead, {self.from_year}-{self.to_year}"
        return validation.text(
            observable, f"{which}, of {self.world}", SCORES[self.score], self.skill
        )


class Skill(Frozen):
    """What was found of every observable that forecasts were scored on."""

    observables: dict[Id, ObservableSkill] = Field(default_factory=dict)
    """Observable -> the skill of its forecasts."""

    @field_validator("observables")
    @classmethod
    def _known(cls, value: dict[str, ObservableSkill]) -> dict[str, ObservableSkill]:
        for name in value:
            if name not in MEASURES:
                raise problem_error(f"'{name}' is not observed", did_you_mean(name, MEASURES))
        return value

    @classmethod
    def read(cls, source: str | Path | None = None) -> Skill:
        """Read a file of skill; left out, the one shipped.

        Raises:
            InputError: With every problem found, each at its place in the file.
        """
        documents = Documents()
        tree = documents.read(shipped_skill() if source is None else Path(source))
        return checked(cls, tree, documents.problems)

    def as_yaml(self) -> str:
        """The text of a file that :meth:`read` reads as the same.

        Example:
            >>> print(Skill().as_yaml())
            observables: {}
        """
        stream = io.StringIO()
        writer = YAML()
        writer.default_flow_style = None  # lists of numbers on one line
        writer.width = 100
        writer.dump(self.model_dump(mode="json", by_alias=True), stream)
        return stream.getvalue()

    def of(self, observable: str | None) -> str:
        """What is said of an outcome that shows in an observable, or in none."""
        found = self.observables.get(observable) if observable is not None else None
        if found is None or observable is None:
            return validation.NOT_VALIDATED
        return found.text(observable)
