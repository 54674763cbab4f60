"""What a paper says: its passages, the claims to be tested, and where it can be doubted."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from alliance_sim.spec.base import Frozen, Id, Month, Prose, each_once, located_error
from alliance_sim.spec.numbers import Real

ClaimId = Annotated[str, Field(pattern=r"^C[0-9]{2}$")]
PassageId = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]
TensionId = Annotated[str, Field(pattern=r"^T[0-9]{2}$")]
Text = Annotated[str, Field(min_length=1)]
ClassName = Literal[
    "hostile",
    "distant",
    "marriage_of_convenience",
    "tactical",
    "strategic_cooperation",
    "strategic_alliance",
]
"""A relation class, from the most distant."""
Direction = Literal["rise", "fall", "no_rise", "no_fall", "no_change"]


class Shape(Frozen):
    """How an outcome changes over several scenarios, in order."""

    kind: Literal["ends", "turn", "switch"]
    """ends: high at both ends and only there. turn: lowest in between. switch: the class changes
    within a pair of scenarios, first and second or third and fourth."""
    scenarios: Annotated[tuple[Text, ...], Field(min_length=2), AfterValidator(each_once)]
    """Names or paths of the scenarios, in order."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        count = len(self.scenarios)
        if self.kind == "switch" and count % 2:
            what, mend = f"a switch over {count} scenarios leaves one without a pair", "add one"
        elif self.kind != "switch" and count < 3:
            what, mend = f"'{self.kind}' has nothing between its ends", "name three or more"
        else:
            return self
        raise located_error("shape", [(("scenarios",), what, mend)])


class Claim(Frozen):
    """Something that a text says would happen, in a form that can be tested."""

    statement: Text
    """The claim, in words of one's own."""
    in_conclusion: Annotated[bool, Field(strict=True)]
    """Whether it stands in the text's conclusion."""
    strength: Text
    """How firmly the text says it."""
    scenario: Text
    """Name or path of the scenario that tests it."""
    baseline: Text | None = None
    """Name or path of what to measure against; left out, the scenario's own baseline."""
    outcomes: Annotated[tuple[Id, ...], Field(min_length=1), AfterValidator(each_once)]
    """What has to do as expected, all of them, by the names that the world gives."""
    expected: Literal["rise", "fall", "no_rise", "no_fall", "no_change", "class", "shape"]
    """What the outcomes are expected to do."""
    margin: Annotated[Real, Field(ge=0)] | None = None
    """Change that still counts as none; left out, the outcome's smallest effect of interest."""
    margin_source: Text | None = None
    """Where the margin comes from."""
    classes: Annotated[tuple[ClassName, ...], AfterValidator(each_once)] = ()
    """For `class`: the relation classes in which the dyad is expected."""
    at: Month | None = None
    """Month at which it is read; left out, the end of the horizon."""
    against: Text | None = None
    """Name or path of a second scenario, for measures that compare two effects."""
    drivers: Annotated[tuple[PassageId, ...], AfterValidator(each_once)]
    """Passages that the claim rests on; drivers that cite them are switched off in its ablation."""
    readings: dict[
        Id, Annotated[tuple[Id, ...], Field(min_length=1), AfterValidator(each_once)]
    ] = {}
    """Reading -> options, each of which is run."""
    shape: Shape | None = None
    """A threshold, turn or switch over several scenarios."""
    rival_expected: Direction | None = None
    """What a text beside the claim implies instead."""
    mechanism: Text
    """Through whose decisions it can come about in the model."""
    note: str = ""
    """What a reader should know when weighing the result."""
    untestable: Text | None = None
    """Why it cannot be tested; such a claim is not run."""
    world: Text | None = None
    """Name or path of the world it is about, where it is not that of the file."""
    source: Text
    """Where the text says it."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        mistakes = list(self._misfits())
        if mistakes:
            raise located_error("claim", mistakes)
        return self

    def _misfits(self) -> list[tuple[tuple[int | str, ...], str, str]]:
        found: list[tuple[tuple[int | str, ...], str, str]] = []
        if (self.expected == "class") != bool(self.classes):
            what = f"expected is '{self.expected}', with {len(self.classes)} classes"
            found.append((("expected",), what, "give classes with 'class', and only then"))
        if self.expected == "shape" and self.shape is None:
            found.append((("expected",), "a shape is expected and none is given", "add `shape`"))
        if self.margin is not None:
            if not self.expected.startswith("no_"):
                mend = "leave it out: the outcome's smallest effect counts"
                found.append((("margin",), f"a margin has no use for '{self.expected}'", mend))
            if self.margin_source is None:
                found.append((("margin",), "a margin without a source", "add `margin_source`"))
        if self.rival_expected == self.expected:
            mend = "leave it out, or give the other one"
            found.append((("rival_expected",), "the rival expects the same", mend))
        return found


class Claims(Frozen):
    """The claims of a text."""

    about: Prose = ""
    """What a reader should know of them."""
    world: Text
    """Name or path of the world that they are about."""
    claims: Annotated[dict[ClaimId, Claim], Field(min_length=1)]
    """The claims, by id."""


class Passage(Frozen):
    """Something that a text says draws states together or apart."""

    title: Text
    """What it is, in a few words of one's own."""
    section: Text
    """The section of the text in which it is said."""
    paragraph: Annotated[int, Field(strict=True, ge=1)]
    """The paragraph in that section."""
    direction: Literal["convergence", "divergence"]
    """Whether it draws together or apart."""
    modality: Literal["asserted", "hedged", "implied"]
    """How firmly the text says it."""
    era: Literal["pre_1991"] | None = None
    """For a driver of an earlier time."""
    left_out: Text | None = None
    """Why no driver stands for it."""
    held_by: Text | None = None
    """Path of the world's value that holds it, in place of a driver."""


class Passages(Frozen):
    """The passages of a text that speak of drivers."""

    about: Prose = ""
    """What a reader should know of them."""
    passages: Annotated[dict[PassageId, Passage], Field(min_length=1)]
    """The passages, by id."""


class Tension(Frozen):
    """A place where a text contradicts itself, is ambiguous, or is wrong."""

    topic: Text
    """What it is about."""
    kind: Literal["ambiguity", "contradiction", "factual_slip", "omission", "source_slip"]
    """What is wrong with it."""
    doubt: Text
    """The doubt, in words of one's own."""
    handling: Text
    """What the worlds and scenarios do about it."""
    where: tuple[Text, ...] = ()
    """Names of the drivers, scenarios, readings and arenas that deal with it."""
    source: Text
    """Where the text says it."""


class Tensions(Frozen):
    """The doubts that a text leaves."""

    about: Prose = ""
    """What a reader should know of them."""
    tensions: Annotated[dict[TensionId, Tension], Field(min_length=1)]
    """The doubts, by id."""
