"""What goes into the loader, and the errors that come out, seen from outside."""

from __future__ import annotations

import io
import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from worlds import small_scenario, small_world

from alliance_sim import library
from alliance_sim.errors import InputError
from alliance_sim.load import (
    check_file,
    load_scenario,
    load_world,
    read_scenario,
    read_world,
)
from alliance_sim.spec import Scenario


def as_yaml(data: Any) -> str:
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(data, out)
    return out.getvalue()


def write(folder: Path, name: str, content: str | bytes | dict[str, Any]) -> Path:
    path = folder / name
    if isinstance(content, dict):
        content = as_yaml(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines_of(error: InputError, folder: Path) -> list[str]:
    """The problems as a user in that folder reads them."""
    return [str(problem).replace(f"{folder}{os.sep}", "") for problem in error.problems]


def refused(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_scenario(path, overrides)
    return lines_of(caught.value, path.parent)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write(tmp_path, "greece.yaml", small_world())


CHILD = """\
extends: base.yaml
name: Child
"""


@pytest.fixture
def base(tmp_path: Path, world: Path) -> Path:
    return write(tmp_path, "base.yaml", small_scenario("greece.yaml"))


# -- documents that are right ------------------------------------------------------------------


def test_every_feature_loads_from_a_file_and_from_data_alike(tmp_path: Path, base: Path) -> None:
    assert load_scenario(base) == read_scenario(small_scenario())
    assert load_world(tmp_path / "greece.yaml") == read_world(small_world())


def test_months_stay_text_and_words_are_not_booleans(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "w.yaml",
        as_yaml(small_world()) + "groups:\n  no: {name: yes, members: [sparta]}\n",
    )
    text = path.read_text().replace(
        "groups:\n  league:", "groups:\n  no: {name: 2018-05-01, members: [sparta]}\n  league:", 1
    )
    text = text[: text.rindex("groups:\n")]
    loaded = load_world(write(tmp_path, "w.yaml", text))
    assert loaded.groups["no"].name == "2018-05-01"
    assert loaded.date == "1432-01"


def test_anchors_and_aliases_are_read(tmp_path: Path, world: Path) -> None:
    text = as_yaml(small_scenario("greece.yaml")).replace("horizon:", "horizon: &h", 1)
    text = text.replace("about: Made up.", "about: &made Made up.").replace(
        "question: Does Sparta turn to Persia?", "question: *made"
    )
    assert load_scenario(write(tmp_path, "s.yaml", text)).question == "Made up."


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, base: Path) -> None:
    marked = write(tmp_path, "bom.yaml", b"\xef\xbb\xbf" + base.read_bytes())
    assert load_scenario(marked) == load_scenario(base)


# -- many mistakes at once ---------------------------------------------------------------------

MISTAKES = """\
name: Mistakes
world: greece.yaml
horizon:
  start: 1432-01
interventions:
  - id: decree
    at: 1432-13
    coercion: {by: athens, on: spatra, level: 1.5}
  - id: fleet
    at: {between: [1432-06, 1432-12]}
    presence: {of: athens, in: corcyra, level: .nan}
    presense: {}
  - id: breach
    at: 1432-03
    agreement: {id: thirty_years_peace, party: persia, does: leave}
  - id: coup
    at: 1432-03
    government: {of: athens, becomes: war_part}
  - id: trend
    at: 1432-03
    capability: {of: sparta, level: {triangular: [0.1, 0.5]}, over_months: "6"}
  - id: idle
    at: 1432-03
outcomes: [trad, 7]
theory:
  - ties
name: Twice
"""


def test_every_mistake_of_a_file_is_told_at_once_and_at_its_place(
    tmp_path: Path, world: Path
) -> None:
    assert refused(write(tmp_path, "m.yaml", MISTAKES)) == [
        "m.yaml:3:1: `months` is missing; add it to `horizon`",
        "m.yaml:7:9: '1432-13' is no month; write it as YYYY-MM, such as 2018-05",
        "m.yaml:8:32: unknown actor or group 'spatra'; did you mean 'sparta'?",
        "m.yaml:8:47: 1.5 is above 1; give a number from 0 to 1",
        "m.yaml:11:48: must be a finite number, found nan; write a number such as 0.5",
        "m.yaml:12:5: unknown key 'presense'; did you mean 'presence'?",
        "m.yaml:15:62: 'persia' is no party to 'thirty_years_peace' and cannot leave; "
        "use one of: athens, corinth, sparta",
        "m.yaml:18:39: 'athens' has no government of kind 'war_part'; did you mean 'war_party'?",
        "m.yaml:21:50: item 3 of the list is missing; add it",
        "m.yaml:21:76: expected a whole number, found the text '6'; take the quotes away",
        "m.yaml:22:5: intervention 'idle' does nothing; give exactly one of: coercion, presence, "
        "arena, agreement, government, capability, channel",
        "m.yaml:24:12: unknown outcome 'trad'; did you mean 'trade'?",
        "m.yaml:24:18: expected text, found the number 7; put it in quotes",
        "m.yaml:26:3: expected text, found a list; write one text",
        "m.yaml:27:1: key 'name' is given twice, first in line 1; keep one of the two",
    ]


WORLD_MISTAKES = """\
name: W
date: 1432-1
actors:
  athens: {name: Athens, capability: 1.5, temperature: 0}
  sparta: {name: Sparta, capability: [0.1]}
  Corinth: {name: C, capability: {normal: [0.1, 0.1]}}
groups:
  league: {name: L, members: []}
dyads:
  athens-sparta:
    alignment: {athens->sparta: 2, sparta->athens: 0.1}
    trust: {athens->sparta: 0.4}
    coercion: {athens->league: 0.1}
  sparta-athens: {alignment: 0}
  athens->sparta: {alignment: 0}
  athens-athens: {alignment: 0}
  athens-league: {alignment: 0}
drivers:
  d:
    name: x
    direction: convergance
    dyads: [athens-sparta, athens]
    signal: {absence: {absence: {aren: y}}}
    response: hump
    channel: {desire: trade}
    weight: {uniform: [1, 0], extra: 1}
    source: [1]
mechanisms: {hegding: {weight: 1}}
outcomes: {o: {name: o, measure: {product: [{trust: athens-sparta}, {product: []}]}}}
"""


def test_a_temperature_may_come_near_zero_only_by_the_width_of_its_lognormal(
    tmp_path: Path,
) -> None:
    world = "{name: x, date: 1432-01, actors: {athens: {name: A, capability: 1, temperature: %s}}}"
    tiny = write(tmp_path, "tiny.yaml", world % "{lognormal: [5e-324, 0.2]}")
    with pytest.raises(InputError, match="temperature must be at least"):
        load_world(tiny)
    fine = write(tmp_path, "fine.yaml", world % "{lognormal: [0.001, 3]}")
    with pytest.raises(InputError) as caught:
        load_world(fine)
    assert "temperature must" not in str(caught.value)


def test_mistakes_in_a_world_are_found_under_every_form_of_value(tmp_path: Path) -> None:
    path = write(tmp_path, "w.yaml", WORLD_MISTAKES)
    with pytest.raises(InputError) as caught:
        load_world(path)
    assert lines_of(caught.value, tmp_path) == [
        "w.yaml:2:7: '1432-1' is no month; write it as YYYY-MM, such as 2018-05",
        "w.yaml:4:38: 1.5 is above 1; give a number from 0 to 1",
        "w.yaml:4:56: temperature must be at least 0.001; use a larger number",
        "w.yaml:5:38: expected a number, found a list; write a number such as 0.5",
        "w.yaml:6:3: 'Corinth' is no id; use lower-case letters, digits and underscores, and "
        "begin with a letter",
        "w.yaml:6:34: impossible distribution here: normal can reach [-inf, inf] but the value "
        "must lie in [0, 1]; use truncated_normal or triangular inside the range",
        "w.yaml:8:30: `members` has 0 entries and needs at least 1; add some",
        "w.yaml:11:33: 2 is above 1; give a number from -1 to 1",
        "w.yaml:13:16: 'league' in dyad 'athens->league' is a group; name a single actor here",
        "w.yaml:15:3: 'athens->sparta' is no undirected dyad; write it as iran-russia",
        "w.yaml:16:3: dyad 'athens-athens' joins an actor to itself; name two actors",
        "w.yaml:17:3: 'league' in dyad 'athens-league' is a group; name a single actor here",
        "w.yaml:21:16: 'convergance' is not known here; did you mean 'convergence'?",
        "w.yaml:22:28: 'athens' is no dyad; write it as iran-russia or iran->russia",
        "w.yaml:23:33: unknown signal 'aren'; did you mean 'arena'?",
        "w.yaml:24:15: response 'hump' lacks its content; write it as a mapping 'hump: ...'",
        "w.yaml:25:23: unknown cooperation domain 'trade'; none is declared",
        "w.yaml:26:31: unknown key 'extra'; use one of: uniform",
        "w.yaml:27:13: expected text, found a list; write one text",
        "w.yaml:28:14: 'hegding' is not known here; did you mean 'hedging'?",
        "w.yaml:29:79: `product` has 0 entries and needs at least 1; add some",
    ]


def change(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The small scenario with one value changed, or taken out with ``...``."""
    document: Any = small_scenario()
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("name",), ..., "`name` is missing; add it to the document"),
        (("world", "actors"), {"athens": {"name": "A", "capability": 1}}, "needs at least 2"),
        (("horizon", "months"), 0, "horizon.months: 0 is below 1; give at least 1"),
        (("horizon", "months"), 1201, "1201 is above 1200; give at most 1200"),
        (("horizon", "months"), True, "expected a whole number, found true"),
        (("horizon", "months"), 10**400, "horizon.months: 10000000000000000000... is above 1200"),
        (
            ("world", "dyads", "athens-sparta", "alignment"),
            10**399,
            "found the number 10000000000000000000...; give a number from -1,000,000 to 1,000,000",
        ),
        (("horizon", "start"), "1431-12", "the horizon starts in 1431-12, before the world's"),
        (("interventions", 0, "at"), "1437-01", "interventions.0.at: date 1437-01 is outside"),
        (("interventions", 0, "at"), {"betwen": []}, "unknown date 'betwen'; did you mean 'betw"),
        (("interventions", 1, "at", "between", 0), "1433-06", "1433-06 comes after 1432-12"),
        (("interventions", 2, "at", "hazard_per_year"), -1, "-1 is below 0; give 0 or more"),
        (("interventions", 0, "id"), "fleet", "interventions.1.id: two interventions are called"),
        (("sampling",), "sobool", "sampling: 'sobool' is not known here; did you mean 'sobol'?"),
        (("theory",), "tie", "theory: unknown theory 'tie'; did you mean 'ties'?"),
        (("dyads", 0), "athens-league", "dyads.0: 'league' in dyad 'athens-league' is a group"),
        (("claims", 0), "X1", "claims.0: 'X1' is no id of a claim; write it as C02"),
        (("baseline",), "nowhere", "there is no scenario 'nowhere'"),
        (("world",), "nowhere", "there is no world 'nowhere'"),
        (("world",), None, "expected a mapping, found nothing"),
        (("world", "classes", "broad_from"), 2.5, "expected a whole number, found the number 2.5"),
        (("world", "classes", "hostile_below"), math.inf, "must be a finite number, found inf"),
        (("world", "actors", "athens", "iso3"), "at", "'at' is no ISO 3166 code"),
        (("world", "actors", "athens", "government", "now"), "x", "government kind 'x' is not"),
        (("world", "actors", 5), {}, "world.actors: key 5 is not text"),
        (("world", "about"), object(), "world.about: a object cannot be used"),
        (("world", "about"), "\ud800", "world.about"),
        (("world", "drivers", "quarrel", "signal"), "x", "'x' is no signal; write it with one of"),
        (
            ("world", "dyads", "athens-sparta", "trust"),
            {"athens->sparta": 0.4},
            "world.dyads.athens-sparta.trust: 'trust' by direction lacks sparta->athens; give",
        ),
        (
            ("world", "dyads", "athens-sparta", "coercion"),
            {"athens->persia": 0.4},
            "'athens->persia' is no direction of 'athens-sparta'; use athens->sparta or",
        ),
        (("world", "dyads", "persia-athens"), {"alignment": 0}, "was given before as 'athens-p"),
        (
            ("readings", "cause"),
            "truer",
            "readings.cause: 'cause' has no option 'truer'; did you mean 'truest'?",
        ),
        (
            ("readings", "couse"),
            "truest",
            "readings.couse: unknown reading 'couse'; did you mean 'cause'?",
        ),
        (
            ("world", "readings", "cause", "default"),
            "none",
            "default 'none' is no option; use one of: truest, openly",
        ),
        (
            ("world", "drivers", "vote_heard", "reading", "cause", 0),
            "truer",
            "world.drivers.vote_heard.reading.cause.0: no reading 'cause' with an option 'truer'",
        ),
        (("world", "drivers", "vote_heard", "reading", "cause"), [], "needs at least 1"),
        (("world", "choices", "war_vote", "by"), "spartan", "unknown actor 'spartan'; did you"),
        (("world", "choices", "war_vote", "options"), ["peace"], "needs at least 2"),
        (
            ("world", "choices", "war_vote", "shares"),
            [0.5, 0.5],
            "world.choices.war_vote: 3 options have 2 shares; give one each",
        ),
        (
            ("world", "choices", "war_vote", "shares", 0),
            0.4,
            "world.choices.war_vote.shares: shares of options sum to 0.9; make them positive",
        ),
        (("world", "choices", "war_vote", "shares"), [1.0, 0.0, 0.0], "make them positive"),
        (
            ("world", "drivers", "assembly_stirred", "channel", "choice"),
            "war_vot",
            "channel.choice: unknown choice 'war_vot'; did you mean 'war_vote'?",
        ),
        (("world", "outcomes", "votes", "measure", "choice"), "x", "unknown choice 'x'"),
        (("world", "outcomes", "partners", "measure", "partners", "of"), "league", "unknown actor"),
        (("world", "outcomes", "partners", "measure", "partners", "from"), 2, "2 is above 1"),
        (("world", "outcomes", "partners", "measure", "partners", "from"), ..., "is missing"),
        (
            ("world", "outcomes", "estranged", "measure", "fallen", "of"),
            "kind_of_tie",
            "world.outcomes.estranged.measure.fallen.of: 'kind_of_tie' is not measured month by",
        ),
        (("world", "outcomes", "estranged", "measure", "fallen", "by"), 0, "0 is not above 0"),
        (
            ("world", "outcomes", "unsteady", "measure", "variance"),
            "estranged",
            "'estranged' is not measured month by month as a number; name an outcome that is a",
        ),
        (("outcomes", 1), "lasting", "outcomes.1: 'lasting' measures an effect, not a run"),
        (
            ("world", "agreements", "argive_pact", "in_force"),
            "no",
            "world.agreements.argive_pact.in_force: ",
        ),
        (("world", "behaviour", "revision", "chance"), 1, "1 is above 0.999999"),
        (("world", "behaviour", "revision", "chance"), {"uniform": [0, 1]}, "revision.chance: "),
    ],
)
def test_plain_data_is_checked_alike_and_errors_carry_its_path(
    path: tuple[str | int, ...], value: Any, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(change(path, value))
    assert expected in str(caught.value)


def test_only_the_refused_items_of_a_list_are_told_not_their_number(
    tmp_path: Path, base: Path
) -> None:
    child = write(tmp_path, "c.yaml", CHILD + "outcomes: [trad]\n")
    assert refused(child) == ["c.yaml:3:12: unknown outcome 'trad'; did you mean 'trade'?"]


def test_the_rest_of_a_scenario_is_checked_when_its_world_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path, "s.yaml", as_yaml(small_scenario("greec")) + "thory: x\n")
    write(tmp_path, "greece.yaml", small_world())
    [unknown, missing] = sorted(refused(path), key=lambda problem: "no world" in problem)
    assert unknown.endswith(": unknown key 'thory'; did you mean 'theory'?")
    assert missing.endswith(": there is no world 'greec'; did you mean 'greece.yaml'?")


# -- text that is no document ------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
UNREADABLE: list[tuple[str, str | bytes, str]] = [
    ("empty", "", "1:1: the file is empty"),
    ("comment", "# nothing\n", "1:1: the file is empty"),
    ("null", "---\n", "1:1: the file is empty"),
    ("list", "- name\n", "1:1: the file holds a list, not a mapping"),
    ("scalar", "\nhello\n", "2:1: the file holds text, not a mapping"),
    ("documents", "name: a\n---\nname: b\n", "2:1: a second document begins here"),
    ("encoding", "name: x\nabout: caf\u00e9\n".encode("latin-1"), "2:11: byte 0xe9 is not UTF-8"),
    ("cut", b"name: \xe2\x82", "1:7: byte 0xe2 is not UTF-8"),
    ("utf16", "name: x".encode("utf-16"), "1:1: byte 0xff is not UTF-8"),
    ("tab", "horizon:\n\tstart: 1432-01\n", "2:1: a tab is used for indentation; indent with"),
    ("null character", "name: a\nabout: \0\n", "2:8: character U+0000 is not allowed"),
    ("escape", 'name: "\\UFFFFFFFF"\n', "1:1: the YAML after this cannot be read"),
    ("surrogate", 'name: "\\uD800"\n', "1:7: text with half a character"),
    ("list as key", "name: a\n? [1]\n: 2\n", "2:3: a key is a list"),
    ("mapping as key", "? {a: b}\n: 2\n", "1:3: a key is a mapping"),
    ("number as key", "1: a\n", "1:1: key '1' is a number, not text; put it in quotes"),
    ("boolean as key", "true: a\n", "1:1: key 'true' is true or false, not text"),
    ("null as key", "~: a\n", "1:1: key '~' is nothing, not text"),
    ("python", "name: !!python/object:os.system x\n", "1:7: tag !!python/object:os.system is not"),
    ("python mapping", "name: !!python/dict {a: 1}\n", "tag !!python/dict is not allowed on a"),
    ("own tag", "name: !mine x\n", "1:7: tag !mine is not allowed; leave the tag out"),
    ("timestamp", "name: !!timestamp 2018-05-01\n", "1:7: tag !!timestamp is not allowed"),
    ("set tag", "name: !!set {a}\n", "1:7: tag !!set is not allowed on a mapping"),
    ("wrong tag", "name: !!int x\n", "1:7: 'x' cannot be read as what it should be"),
    (
        "digits",
        "name: " + "9" * 5000 + "\n",
        "1:7: a whole number of 5,000 digits; give at most 400",
    ),
    (
        "merge key",
        "sources: &x {a: b}\nhorizon:\n  <<: *x\n",
        "3:3: merge keys (<<) are not read; use `extends`",
    ),
    (
        "repeated keys",
        "name: a\nname: b\nname: c\n",
        "2:1: key 'name' is given twice, first in line 1",
    ),
    ("repeated keys again", "name: a\nname: b\nname: c\n", "3:1: key 'name' is given twice"),
    ("alias in itself", "name: &a [*a]\n", "1:11: alias *a contains itself"),
    ("unknown alias", "name: *a\n", "1:7: alias *a refers to no anchor before it"),
    ("alias bomb", BOMB, "5:"),
    ("deep flow", "name: " + "[" * 10_000, "1:48: nested more than 40 levels deep"),
    ("deep mappings", "{a: " * 10_000, ": nested more than 40 levels deep"),
    ("deep blocks", "- " * 10_000, "1:83: nested more than 40 levels deep"),
    ("large", "# " + "x" * 2_000_000, " the file is larger than 1 MB"),
    ("quote", "name: 'x\nabout: y\n", "1:7: a quoted text is not closed"),
    ("bracket", "name: [a\nabout: b\n", ": a bracket is not closed, or a comma is missing"),
    ("colon", "name: a: b\n", "1:8: a second ':' where none can stand; put texts that contain"),
    ("sign", "name: @x\n", "1:7: a text begins with a character that has a meaning"),
    ("no value", "name: x\nabout\nquestion: y\n", ": a key without ':'"),
    ("indentation", "horizon:\n    start: x\n  months: 1\n", "3:3: the line does not fit to"),
    ("directive", "%YAML 9.9\n---\nname: x\n", "1:1: the YAML cannot be read"),
    ("empty value", "name:\nabout: x\n", "1:1: expected text, found nothing; write one text"),
    (
        "extends number",
        "extends: 3\n",
        "1:10: expected the name or path of a scenario, found a number",
    ),
    ("extends nothing", "extends: nowhere.yaml\n", "1:10: there is no scenario 'nowhere.yaml'"),
    ("extends null character", 'extends: "\\0"\n', "1:10: there is no scenario '?'"),
    ("extends long", "extends: " + "x" * 5000 + "\n", "1:10: there is no scenario 'xxx"),
    (
        "extends itself",
        "extends: bad.yaml\n",
        "1:10: files extend each other in a circle: bad -> bad",
    ),
    (
        "world extends it",
        "world: {extends: bad.yaml}\n",
        "1:18: files extend each other in a circle",
    ),
    ("set", "set: 3\n", "1:6: `set` is a number, not a mapping"),
]


@pytest.mark.parametrize(
    ("content", "expected"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE]
)
def test_every_kind_of_bad_text_is_told_with_its_place(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    path = write(tmp_path, "bad.yaml", content)
    began = time.process_time()
    problems = refused(path)
    took = time.process_time() - began
    found = [problem for problem in problems if expected in problem]
    assert found, problems
    assert found[0].startswith("bad.yaml:")
    assert "\n" not in found[0]
    assert "; " in found[0], "it should say how to mend it"
    assert took < 1
    assert check_file(path), "the other way in"


def test_an_alias_bomb_is_told_as_one(tmp_path: Path) -> None:
    [problem] = refused(write(tmp_path, "bad.yaml", BOMB))
    assert "aliases expand to more than 50000 values" in problem


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    [folder] = refused(tmp_path)
    assert "the file cannot be read: it is a folder; give a readable file" in folder
    assert "there is no scenario 'base.yaml'" in refused(tmp_path / "base.yaml")[0]
    write(tmp_path, "base2.yaml", "name: x\n")
    assert "did you mean" in refused(tmp_path / "base.yaml")[0]
    [absent] = check_file(tmp_path / "base.yaml")
    assert "no such file" in absent.what


@pytest.mark.parametrize("data", [{1: 2}, {"a": float}, {"world": {"x": {1, 2}}}, {}])
def test_odd_python_data_is_refused(data: Any) -> None:
    with pytest.raises(InputError):
        read_scenario(data)


def test_data_that_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {"name": "x"}
    loop["world"] = loop
    loop["outcomes"] = [loop, loop]
    with pytest.raises(InputError, match="nested too deeply or too large"):
        read_scenario(loop)


# -- extends -----------------------------------------------------------------------------------


def test_a_child_is_laid_over_its_parent(tmp_path: Path, base: Path) -> None:
    child = write(
        tmp_path,
        "c.yaml",
        CHILD
        + """\
theory: null
outcomes: [tie]
horizon: {months: 48}
interventions:
  - id: decree
    coercion: {level: 0.3}
  - id: fleet
    at: 1432-02
  - id: late
    at: 1433-01
    arena: {id: corcyra, change: 0.1}
world:
  mechanisms: {hedging: null}
  drivers:
    quarrel: {weight: 0.7, signal: {arena: aegean}}
    common_enemy: {response: linear, weight: {uniform: [0, 1]}}
""",
    )
    parent, loaded = load_scenario(base), load_scenario(child)
    assert (loaded.name, loaded.question) == ("Child", parent.question)
    assert loaded.theory is None
    assert loaded.outcomes == ("tie",)
    assert (loaded.horizon.start, loaded.horizon.months) == ("1432-01", 48)
    old, new = parent.interventions, loaded.interventions
    assert [each.id for each in new] == [*(each.id for each in old), "late"]
    assert new[0].coercion is not None
    assert (new[0].coercion.by, new[0].coercion.level) == ("athens", 0.3)
    assert new[0].for_months == 24
    assert new[1].at == "1432-02"
    assert new[2:-1] == old[2:]
    assert set(parent.world.mechanisms) - set(loaded.world.mechanisms) == {"hedging"}
    drivers = loaded.world.drivers
    assert drivers["quarrel"].weight == 0.7
    assert drivers["quarrel"].signal.model_dump() == {"arena": "aegean"}
    assert drivers["common_enemy"].response == "linear"
    assert drivers["common_enemy"].weight.model_dump() == {"uniform": (0, 1)}  # type: ignore[union-attr]
    assert drivers["fear_of_athens"] == parent.world.drivers["fear_of_athens"]


def test_a_kind_of_distribution_replaces_another(tmp_path: Path, base: Path) -> None:
    text = CHILD + "world: {actors: {athens: {capability: {beta: [2, 3]}}}}\n"
    athens = load_scenario(write(tmp_path, "c.yaml", text)).world.actors["athens"]
    assert athens.capability.model_dump() == {"beta": (2, 3)}  # type: ignore[union-attr]
    assert athens.government is not None


def test_a_world_named_by_the_child_replaces_the_parents(tmp_path: Path, base: Path) -> None:
    other = small_world() | {"name": "Other"}
    del other["actors"]["athens"]["government"]
    for name in ("drivers", "arenas", "theories"):
        del other[name]["war_party_embargo" if name == "drivers" else next(iter(other[name]))]
    other["drivers"] = {}
    other["arenas"]["aegean"] = {"name": "Sea", "level": 0.1}
    write(tmp_path, "other.yaml", other)
    child = write(
        tmp_path,
        "c.yaml",
        CHILD + "world: other.yaml\ntheory: null\ninterventions: []\noutcomes: [tie]\n",
    )
    loaded = load_scenario(child)
    assert loaded.world.name == "Other"
    assert not loaded.world.drivers
    assert loaded.interventions == ()


def test_worlds_extend_worlds_also_in_place(tmp_path: Path, world: Path) -> None:
    child = write(
        tmp_path, "w2.yaml", "extends: greece.yaml\nname: W2\narenas: {aegean: {level: 0.2}}\n"
    )
    loaded = load_world(child)
    assert (loaded.name, loaded.arenas["aegean"].level) == ("W2", 0.2)
    assert check_file(child) == []
    scenario = small_scenario({"extends": "w2.yaml", "date": "1431-01"})
    loaded_scenario = load_scenario(write(tmp_path, "s.yaml", scenario))
    assert (loaded_scenario.world.name, loaded_scenario.world.date) == ("W2", "1431-01")


def test_a_mistake_is_told_in_the_file_that_makes_it(tmp_path: Path, world: Path) -> None:
    text = world.read_text()
    line = next(at for at, each in enumerate(text.splitlines(), 1) if each == "    level: 0.6")
    write(tmp_path, "greece.yaml", text.replace("    level: 0.6\n", "    level: 6\n"))
    write(
        tmp_path,
        "base.yaml",
        "world: greece.yaml\nnmae: Base\n"
        "horizon: {start: 1432-01, months: 1}\noutcomes: [trade, no]\n",
    )
    child = write(tmp_path, "c.yaml", CHILD + "horizon: {months: -1}\n")
    assert refused(child) == [
        "base.yaml:2:1: unknown key 'nmae'; did you mean 'name'?",
        "base.yaml:4:19: unknown outcome 'no'; use one of: estranged, exchange, kind_of_tie, "
        "lasting, partners, peace, sparta_to_persia, tie, trade, unsteady, votes",
        "c.yaml:3:19: -1 is below 1; give at least 1",
        f"greece.yaml:{line}:12: 6 is above 1; give a number from 0 to 1",
    ]


def test_paths_are_relative_to_the_file_that_names_them(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    child = write(tmp_path / "sub", "c.yaml", "extends: ../base.yaml\nbaseline: ../base.yaml\n")
    assert load_scenario(child).name == load_scenario(base).name
    monkeypatch.chdir(tmp_path)
    assert load_scenario("sub/c.yaml").baseline == "../base.yaml"
    write(tmp_path / "sub", "d.yaml", "extends: ../base.yaml\nhorizon: {months: 0}\n")
    with pytest.raises(InputError, match=r"^sub/d.yaml:2:19: 0 is below 1"):
        load_scenario("sub/d.yaml")


def test_a_circle_of_parents_is_told_with_its_chain(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "extends: b.yaml\n")
    write(tmp_path, "b.yaml", "name: x\nextends: c.yaml\n")
    write(tmp_path, "c.yaml", "extends: a.yaml\n")
    assert refused(tmp_path / "a.yaml") == [
        "c.yaml:1:10: files extend each other in a circle: a -> b -> c -> a; take out one `extends`"
    ]
    assert [str(each) for each in check_file(tmp_path / "a.yaml")]


def test_an_endless_chain_of_parents_is_refused(tmp_path: Path) -> None:
    for at in range(100):
        write(tmp_path, f"s{at}.yaml", f"extends: s{at + 1}.yaml\n")
    assert "more than 40 files extend each other" in refused(tmp_path / "s0.yaml")[0]


def test_a_repeated_id_in_a_child_is_not_merged_away(tmp_path: Path, base: Path) -> None:
    text = """\
interventions:
  - id: decree
    at: 1432-02
  - id: decree
    at: 1432-03
    arena: {id: aegean, change: 0.1}
"""
    problems = refused(write(tmp_path, "c.yaml", CHILD + text))
    assert problems == ["c.yaml:6:9: two interventions are called 'decree'; rename one"]


# -- set and overrides -------------------------------------------------------------------------


def test_set_and_overrides_reach_into_the_merged_document(tmp_path: Path, base: Path) -> None:
    child = write(
        tmp_path,
        "c.yaml",
        CHILD
        + """\
set:
  world.drivers.quarrel.weight: 0.9
  interventions.decree.coercion.level: {uniform: [0.2, 0.3]}
  world.arenas.corcyra.inputs.1.weight: 0.5
  world.behaviour.alignment.reversion: 0.5
""",
    )
    loaded = load_scenario(child, ["world.drivers.quarrel.weight=0.8", "theory=", "dyads=[]"])
    assert loaded.world.drivers["quarrel"].weight == 0.8
    assert load_scenario(child).world.drivers["quarrel"].weight == 0.9
    assert loaded.interventions[0].coercion is not None
    assert loaded.interventions[0].coercion.level.model_dump() == {"uniform": (0.2, 0.3)}  # type: ignore[union-attr]
    assert loaded.world.arenas["corcyra"].inputs[1].weight == 0.5
    assert loaded.world.behaviour.alignment.reversion == 0.5
    assert loaded.world.behaviour.trust.rise == 0.02
    assert loaded.theory is None
    assert loaded.dyads == ()


def test_an_intervention_can_be_taken_out_and_a_world_exchanged(tmp_path: Path, base: Path) -> None:
    write(tmp_path, "other.yaml", small_world() | {"name": "Other"})
    loaded = load_scenario(
        base, ["interventions.decree=null", f"world={tmp_path / 'other.yaml'}", "sources={}"]
    )
    assert "decree" not in [each.id for each in loaded.interventions]
    assert loaded.world.name == "Other"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            "world.drivers.quarell.weight=1",
            "there is no 'quarell' in 'world.drivers'; did you mean 'quarrel'?",
        ),
        ("wrold.drivers.quarrel.weight=1", "there is no 'wrold' at the top; did you mean 'world'?"),
        (
            "interventions.decre.at=1432-02",
            "there is no 'decre' in 'interventions'; did you mean 'decree'?",
        ),
        ("interventions.decree.coercion.levl=1", "unknown key 'levl'; did you mean 'level'?"),
        ("interventions.decree.coercion.level=2", "interventions.0.coercion.level: 2 is above 1"),
        ("outcomes.7=trade", "there is no '7' in 'outcomes'; use one of: 0, 1, 2"),
        ("name.first=x", "'name' is text, nothing can be set in it"),
        (
            "world.behaviour.turst.rise=1",
            "there is no 'turst' in 'world.behaviour'; did you mean 'trust'?",
        ),
        ("horizon..start=1", "'horizon..start' is no path"),
        ("horizon.months", "'horizon.months' is no override; write it as PATH=VALUE"),
        ("horizon.months=[", "value of horizon.months: "),
        ("horizon.months={a: 1, a: 2}", "value of horizon.months: key 'a' is given twice"),
        ("world=nowhere", "there is no world 'nowhere'"),
        ("extends=base", "unknown key 'extends'"),
        ("=3", "'' is no path"),
    ],
)
def test_overrides_that_cannot_be_are_told(base: Path, override: str, expected: str) -> None:
    problems = refused(base, override)
    assert expected in problems[0]
    assert all(problem.startswith("--set: ") for problem in problems)


def test_a_mistake_in_set_is_told_where_it_stands(tmp_path: Path, base: Path) -> None:
    child = write(
        tmp_path,
        "c.yaml",
        CHILD + "set:\n  horizon.months: -3\n  horizn.months: 3\n  horizon.month: 3\n",
    )
    assert refused(child) == [
        "c.yaml:4:19: -3 is below 1; give at least 1",
        "c.yaml:5:3: path 'horizn.months': there is no 'horizn' at the top; "
        "did you mean 'horizon'?",
        "c.yaml:6:3: unknown key 'month'; did you mean 'months'?",
    ]


# -- the library -------------------------------------------------------------------------------


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shipped"
    (root / "worlds").mkdir(parents=True)
    write(root / "worlds", "greece.yaml", small_world())
    write(root, "peace_1432.yaml", small_scenario("greece"))
    write(root, "war_1432.yaml", "extends: peace_1432\nname: War\nbaseline: peace_1432\n")
    monkeypatch.setattr(library, "scenario_root", lambda: root)
    return root


def test_shipped_files_are_found_by_name(shipped: Path) -> None:
    assert set(library.shipped_scenarios()) == {"peace_1432", "war_1432"}
    assert set(library.shipped_worlds()) == {"greece"}
    assert load_scenario("war_1432").name == "War"
    assert load_world("greece").name == "Greece before the war"
    assert check_file("war_1432") == []
    assert check_file("greece") == []


def test_a_name_that_is_not_shipped_gets_a_suggestion(shipped: Path) -> None:
    with pytest.raises(
        InputError, match="there is no scenario 'war_1423'; did you mean 'war_1432'"
    ):
        load_scenario("war_1423")
    with pytest.raises(
        InputError, match="there is no world 'x'; give the path of a file, or one of: greece"
    ):
        load_world("x")


# -- whatever comes in -------------------------------------------------------------------------

SOME_LINES = (as_yaml(small_scenario()) + "set: {horizon.months: 40}\n").splitlines()
SCRAPS = [
    "",
    "  ",
    "\t",
    "- ",
    "? ",
    ": ",
    "[",
    "{",
    "&a",
    "*a",
    "<<: *a",
    "!!python/none x",
    "---",
    "...",
    "%TAG ! x",
    "name: .nan",
    "extends: bad.yaml",
    "world: bad.yaml",
    "set: {world: bad.yaml}",
    "1: 2",
    "null",
    "'",
    '"\\x',
    "|",
    ">-",
    "@",
    "\u2028",
    "\x85",
    "\ufeff",
    "level: {uniform: [1]}",
]


def outcome_of(path: Path, content: bytes) -> None:
    """Load whatever it is; anything but a scenario or an InputError fails the test."""
    path.write_bytes(content)
    problems = check_file(path)
    assert all("\n" not in str(each) for each in problems)
    if len(content) < 1000:  # else it takes long, and is the same again
        with suppress(InputError):
            assert isinstance(load_scenario(path), Scenario)


FUZZ = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode(errors="replace"))
    )
)
@example(content=b'"\\xZZ": 1')
@example(content=b"%YAML 1.x\n--- a")
@example(content=b"a: !<> b")
@example(content=b"a: !%zz b")
def test_random_text_gives_a_scenario_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    outcome_of(tmp_path / "bad.yaml", content)


@FUZZ
@given(
    pieces=st.lists(
        st.sampled_from(
            [*"[]{}:,-?&*!|>'\"%@` \n\tabc019.~<#\\", ": ", "- ", "\n  ", "!!", "&a ", "*a "]
        ),
        max_size=60,
    )
)
def test_random_yaml_gives_a_scenario_or_an_input_error(tmp_path: Path, pieces: list[str]) -> None:
    outcome_of(tmp_path / "bad.yaml", "".join(pieces).encode())


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    lines = list(SOME_LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "duplicate", "replace", "indent", "swap", "cut"])):
            case "delete":
                del lines[at]
            case "duplicate":
                lines.insert(at, lines[at])
            case "replace":
                lines[at] = draw(st.sampled_from(SCRAPS) | st.text(max_size=10))
            case "indent":
                lines[at] = "  " + lines[at]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                lines[at] = lines[at][: draw(st.integers(0, 12))]
    return "\n".join(lines).encode(errors="replace")


@settings(FUZZ, max_examples=30)
@given(content=mutated())
def test_a_damaged_file_gives_a_scenario_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    outcome_of(tmp_path / "bad.yaml", content)


# -- what can be read but makes no sense -----------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            ["dyads=[iran-russia, afghanistan-israel]", "world.dyads.afghanistan-israel=null"],
            "no relation for 'afghanistan-israel'",
        ),
        (
            [
                "world.outcomes.alliance_type.measure.relation_class=iran-turkey",
                "world.dyads.iran-turkey=null",
            ],
            "no relation for 'iran-turkey'",
        ),
        (
            [
                "world.groups.solo={name: Solo, members: [iran]}",
                "world.outcomes.iran_to_russia.measure.alignment=iran->solo",
            ],
            "joins an actor to itself",
        ),
        (["outcomes=[alliance_type, alliance_type]"], "listed twice"),
        (["world.outcomes.iran_to_russia.range=[1, -1]"], "does not rise"),
        (["world.actors.iran.keyed_as=russia"], "both keyed as 'russia'"),
        (["world.outcomes.run={name: R, measure: {arena: syria_war}}"], "can be called 'run'"),
        (["world.behaviour.trust={rise: {uniform: [0.5, 0.6]}, fall: 0.1}"], "rise faster"),
    ],
)
def test_readable_nonsense_is_refused(overrides: list[str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("us_exits_jcpoa", overrides)
    assert words in str(caught.value)


def test_who_joins_may_leave_later() -> None:
    """An intervention that brings an actor in makes it a party that can leave."""
    pact = "agreement: {id: jcpoa, party: turkey, does: "
    joins = f"{{id: joins, at: 2018-07, {pact}join}}}}"
    leaves = f"{{id: leaves, at: 2019-07, {pact}leave}}}}"
    load_scenario("baseline_2018", [f"interventions=[{joins}, {leaves}]"])
    with pytest.raises(InputError, match="no party to 'jcpoa'"):
        load_scenario("baseline_2018", [f"interventions=[{leaves}]"])


def test_the_dataset_s_own_names_are_the_reserved_ones() -> None:
    import alliance_sim as al
    from alliance_sim.results import outcome_names
    from alliance_sim.spec import world

    ds = al.run("baseline_2018", runs=1)
    assert {str(name) for name in ds.variables} - set(outcome_names(ds)) == world.RESERVED


# -- sources -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (("dyads.*", "nobody, p. 3"), "sources.dyads.*", "begins neither with a key"),
        (("dyads.*", "thucydide, book 1"), "", "did you mean 'thucydides'?"),
        (("actors.athen.capability", "judgement"), "", "did you mean 'athens'?"),
        (("actors.*.capabilty", "judgement"), "", "did you mean 'capability'?"),
    ],
)
def test_sources_of_a_world_are_checked(change: tuple[str, str], place: str, said: str) -> None:
    data = small_world()
    read_world(data)
    data["sources"][change[0]] = change[1]
    with pytest.raises(InputError) as caught:
        read_world(data)
    [problem] = caught.value.problems
    assert said in str(problem)
    assert place in str(problem)


def test_sources_of_a_scenario_are_checked_where_they_stand(tmp_path: Path, base: Path) -> None:
    child = write(
        tmp_path,
        "child.yaml",
        f"extends: {base.name}\nsources:\n  decre: judgement\n  decree: livy, book 3\n",
    )
    first, second = refused(child)
    assert first.startswith("child.yaml:3:3: `sources` names 'decre', which is no intervention")
    assert first.endswith("did you mean 'decree'?")
    assert second.startswith("child.yaml:4:11: source 'livy, book 3' begins neither")


def test_what_is_taken_out_may_keep_its_source(tmp_path: Path, base: Path) -> None:
    sourced = write(
        tmp_path, "sourced.yaml", f"extends: {base.name}\nsources: {{decree: judgement}}\n"
    )
    text = f"extends: {sourced.name}\nset: {{interventions.decree: null}}\n"
    assert check_file(write(tmp_path, "without.yaml", text)) == []
    load_scenario(sourced, ["interventions.decree=null"])


def test_a_world_in_place_of_a_scenario_is_one_problem(tmp_path: Path) -> None:
    [said] = refused(write(tmp_path, "greece.yaml", small_world()))
    assert said.startswith("greece.yaml: this file is a world, not a scenario; write a scenario")
