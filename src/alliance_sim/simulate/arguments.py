"""Mistakes told in the words of who asked: arguments in the library, options on a command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from alliance_sim.errors import InputError, Problem


@contextmanager
def by_argument(words: Mapping[str, str]) -> Iterator[None]:
    """Tell problems of options as those of arguments.

    Args:
        words: option -> argument; problems of anything else stay as they are.
    """
    try:
        yield
    except InputError as error:
        raise InputError([_renamed(each, words) for each in error.problems]) from None


def _renamed(problem: Problem, words: Mapping[str, str]) -> Problem:
    name = words.get(str(problem.file))
    if name is None:
        return problem
    mend = problem.mend
    for option, argument in words.items():
        mend = mend.replace(option, argument)
    return replace(problem, mend=mend, file=name, line=None, column=None)
