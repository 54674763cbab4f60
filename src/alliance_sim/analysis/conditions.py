"""What is asked of a run, in one line: ``iran_to_russia``, ``effect:trade_volume>0.1@2020-06``.

An outcome by name; ``=`` or ``!=`` and a relation class, or a comparison with a number, make it
a condition that holds or not; ``effect:`` takes the difference from the baseline; ``@`` and a
month look at that month instead of the last.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import InputError, Problem
from alliance_sim.rules.classes import CLASSES
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import MONTH_PATTERN, did_you_mean, month_number, month_text
from alliance_sim.spec.outcomes import ClassMeasure, EffectMeasure

Doubles = npt.NDArray[np.float64]

_FORM = re.compile(
    r"\s*(?P<effect>effect:)?\s*(?P<name>\w+)\s*"
    r"(?:(?P<sign>>=|<=|!=|=|>|<)\s*(?P<value>[^@\s<>=!]+)\s*)?"
    r"(?:@\s*(?P<month>\S+)\s*)?"
)
_SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Question:
    """A number of a run, or a condition that holds in it or not."""

    text: str
    outcome: str
    effect: bool = False
    sign: str = ""
    value: float = 0.0
    """The number compared with, or the code of the relation class."""
    month: int | None = None
    """Place of the month; None for the last."""

    @property
    def is_condition(self) -> bool:
        """Whether it holds or not, rather than being a number."""
        return bool(self.sign)

    def ask(self, values: npt.NDArray[np.floating], before: Doubles | None = None) -> Doubles:
        """Numbers, or 1 where the condition holds, of the shape of the outcome's values.

        Args:
            values: the outcome in the scenario.
            before: the outcome in the baseline, for an effect.
        """
        told: Doubles = np.asarray(values, np.float64)
        if self.effect:
            if before is None:
                raise ValueError(f"'{self.text}' needs a baseline")
            told = told - before
        if self.sign:
            told = _SIGNS[self.sign](told, self.value).astype(np.float64)
        return told


def read_all(
    texts: Sequence[str], scenario: Scenario, option: str, conditions: bool
) -> list[Question]:
    """Questions from text, with every mistake of all of them told at once.

    Args:
        texts: one question each.
        scenario: whose world says which outcomes there are.
        option: what the texts were given by, for messages.
        conditions: whether each has to be a condition.

    Raises:
        InputError: where a text is no question, or names what is not there.
    """
    found: list[Question] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            found.append(_read(text, scenario, option, conditions))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _read(text: str, scenario: Scenario, option: str, condition: bool) -> Question:
    match = _FORM.fullmatch(text)
    if match is None or (condition and not match["sign"]):
        raise InputError([_misshapen(text, option, match)])
    problems = [*_name_problems(match, scenario, option)] or [
        *_value_problems(match, scenario, option),
        *_month_problems(match, scenario, option),
    ]
    if problems:
        raise InputError(problems)
    value = match["value"]
    classed = _classed(scenario, match["name"])
    start = month_number(scenario.horizon.start)
    return Question(
        text=text.strip(),
        outcome=match["name"],
        effect=bool(match["effect"]),
        sign=match["sign"] or "",
        value=0.0 if value is None else CLASSES.index(value) if classed else float(value),
        month=month_number(match["month"]) - start if match["month"] else None,
    )


def _misshapen(text: str, option: str, match: re.Match[str] | None) -> Problem:
    if match is not None:
        what, column = f"'{text}' says no condition", len(text) + 1
    else:
        begun = _FORM.match(text)
        column = (begun.end() if begun else 0) + 1
        what = f"cannot read '{text}' from here on"
    mend = "write it as outcome=class or outcome>number, with 'effect:' before or '@month' after"
    return Problem(what, mend, option, 1, column)


def known_outcomes(scenario: Scenario) -> list[str]:
    """Outcomes of the scenario's world that a run can report."""
    declared = scenario.world.outcomes.items()
    return [name for name, each in declared if not isinstance(each.measure, EffectMeasure)]


def _classed(scenario: Scenario, name: str) -> bool:
    return isinstance(scenario.world.outcomes[name].measure, ClassMeasure)


def is_class(scenario: Scenario, name: str) -> bool:
    """Whether an outcome is a relation class rather than a number."""
    return _classed(scenario, name)


def _name_problems(match: re.Match[str], scenario: Scenario, option: str) -> list[Problem]:
    name, known = match["name"], known_outcomes(scenario)
    if name in known:
        return []
    mend = did_you_mean(name, known)
    return [Problem(f"unknown outcome '{name}'", mend, option, 1, match.start("name") + 1)]


def _value_problems(match: re.Match[str], scenario: Scenario, option: str) -> list[Problem]:
    check = _class_mistake if _classed(scenario, match["name"]) else _number_mistake
    mistake = check(match)
    if mistake is None:
        return []
    group, what, mend = mistake
    return [Problem(what, mend, option, 1, match.start(group) + 1)]


Mistake = tuple[str, str, str]
"""The part of the text it is in, what is wrong, and how to mend it."""


def _class_mistake(match: re.Match[str]) -> Mistake | None:
    """What is wrong with a question about a relation class, if anything."""
    name, sign, value = match["name"], match["sign"], match["value"]
    if match["effect"]:
        mend = "ask for the class itself, without 'effect:'"
        return "effect", f"'{name}' is a relation class and has no difference", mend
    if sign not in (None, "=", "!="):
        mend = f"write '{name}={CLASSES[-1]}' or with another class"
        return "sign", f"'{name}' is a relation class, no number", mend
    if sign and value not in CLASSES:
        return "value", f"unknown relation class '{value}'", did_you_mean(value, CLASSES)
    return None


def _number_mistake(match: re.Match[str]) -> Mistake | None:
    """What is wrong with a question about a number, if anything."""
    name, sign, value = match["name"], match["sign"], match["value"]
    if sign in ("=", "!="):
        mend = f"use >, <, >= or <=, as in '{name}>0.5'"
        return "sign", f"'{name}' is a number and hardly ever equals another", mend
    if sign and not _is_number(value):
        return "value", f"'{value}' is no number", f"compare '{name}' with one"
    return None


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _month_problems(match: re.Match[str], scenario: Scenario, option: str) -> list[Problem]:
    if match["month"] is None:
        return []
    problem = month_problem(match["month"], scenario, option, match.start("month") + 1)
    return [problem] if problem else []


def month_problem(month: str, scenario: Scenario, option: str, column: int = 1) -> Problem | None:
    """What is wrong with a month of the scenario's horizon, if anything."""
    first = month_number(scenario.horizon.start)
    last = first + scenario.horizon.months
    inside = re.fullmatch(MONTH_PATTERN, month) and first <= month_number(month) <= last
    if inside:
        return None
    mend = f"use {month_text(first)} to {month_text(last)}"
    return Problem(f"'{month}' is no month of the scenario", mend, option, 1, column)
