"""The scenario file that `alliance-sim new` writes."""

from __future__ import annotations

import re

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import shipped_scenarios
from alliance_sim.load import load_scenario

_PARENT = "baseline_2018"
_INITIALS = ("asean", "eu", "gcc", "isis", "jcpoa", "nato", "opec", "sco", "uae", "uk", "un", "us")
_TEXT = """\
# A scenario: what happens to a world from outside, and what to report.
#
#   alliance-sim validate {file}      finds every mistake in this file
#   alliance-sim run {file}           runs it
#   alliance-sim list {file}          shows the names to use: actors, arenas, outcomes, ...
#
# An editor that knows JSON Schema helps to write it. Make the schema with
#   alliance-sim schema scenario > scenario.schema.json
# and take one of the two # out of the next line:
# # yaml-language-server: $schema=scenario.schema.json

# What is not said here is as in this scenario (`alliance-sim list` shows others): the world, the
# horizon, the dyads that are recorded.
extends: {parent}

# Effects are differences from this scenario, run by run, with the same random draws.
baseline: {parent}

name: "{title}"
question: What changes if ...?

# What happens. These two are an example, to be replaced.
interventions:
  # An event at a known date. `at` can also be a range, at: {{between: [2018-08, 2018-11]}},
  # or a chance, at: {{hazard_per_year: 0.2}}.
  - id: withdrawal
    about: The United States leaves the nuclear deal.
    at: 2018-05
    agreement: {{id: jcpoa, party: united_states, does: leave}} # or join, threaten, lapse

  # A change that builds up over months, to a level (0 to 1) that is not known exactly: least,
  # most likely and greatest value. A plain number is a value known exactly.
  - id: sanctions_return
    about: American sanctions return in full.
    at: {{between: [2018-08, 2018-11]}}
    coercion:
      by: united_states
      on: iran
      level: {{triangular: [0.5, 0.65, 0.8]}}
      over_months: 6
    # for_months: 24    # left out, it lasts to the end

  # The other things that may happen: presence, arena, government, capability, channel.

# What to report, by the names under `outcomes` in the world.
outcomes: [iran_to_russia, iran_to_china, axis_strength, trade_volume, alliance_type]

# Where each intervention comes from.
sources:
  withdrawal: "judgement: an example, to be replaced"
  sanctions_return: "judgement: an example, to be replaced"
"""


def new_scenario(name: str, file: str) -> str:
    """A commented scenario that can be run as it is."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,60}", name):
        mend = "use letters, digits, _ and - and begin with a letter; --out says where it goes"
        raise InputError([Problem(f"'{name[:80]}' is no name for a scenario", mend)])
    if name in shipped_scenarios():
        mend = "choose another, as the file would extend its own namesake"
        raise InputError([Problem(f"'{name}' is the name of a shipped scenario", mend)])
    return _TEXT.format(file=file, title=_title(name), parent=_PARENT)


def _title(name: str) -> str:
    """The name in words, with the capitals of the actors' names and of initials."""
    proper = {word.lower(): word for word in _names() if word[:1].isupper()}
    proper |= {word: word.upper() for word in _INITIALS}
    words = [proper.get(word, word) for word in re.split(r"[_-]+", name) if word]
    return " ".join((words[0][0].upper() + words[0][1:], *words[1:]))


def _names() -> list[str]:
    """The words in the names of the actors and groups that the template's scenario has."""
    try:
        world = load_scenario(_PARENT).world
    except InputError:
        return []
    named = [actor.name for actor in world.actors.values()]
    named += [group.name for group in world.groups.values()]
    return [word for name in named for word in name.split()]
