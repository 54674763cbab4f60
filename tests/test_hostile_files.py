"""Files from anywhere: read in seconds and in little memory, or refused, and nothing else done.

`tests/hostile.py` says what must hold; `tools/fuzz.py` looks for more files that break it.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partialmethod
from pathlib import Path
from typing import Any

import growth
import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from watched import MEGABYTES, SECONDS, ended, everything, how_many, watched
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import load
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import stability
from alliance_sim.errors import UnstableModelWarning
from alliance_sim.load import check_file, load_scenario, read_scenario
from alliance_sim.load.blocs import load_blocs
from alliance_sim.load.documents import MAX_BYTES
from alliance_sim.load.reading import parse
from alliance_sim.load.tree import MAX_DEPTH, MAX_NODES, MOST_TOLD, from_data
from alliance_sim.spec.base import did_you_mean

posix = pytest.mark.skipif(os.name == "nt", reason="pipes, links and wait4 are not on Windows")


def told(file: Path) -> list[str]:
    return [str(each) for each in check_file(file)]


def refusal(data: dict[str, Any], *overrides: str) -> str:
    with pytest.raises(al.InputError) as caught:
        read_scenario(data, overrides)
    return str(caught.value)


# -- drawn files -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("hostile")
    hostile.make_hostile_folder(place)
    before = Path.cwd()
    os.chdir(place)
    yield place
    os.chdir(before)


@pytest.fixture(scope="module")
def documents() -> Sequence[dict[str, Any]]:
    return hostile.small_shipped()


@posix
@pytest.mark.parametrize("kind", hostile.KINDS)
@given(seed=st.integers(0, 2**64 - 1))
@settings(max_examples=8, deadline=1000 * SECONDS)
def test_files_of_every_kind(
    folder: Path, documents: Sequence[dict[str, Any]], kind: str, seed: int
) -> None:
    """They are read, or refused in words; what is read runs, and every outcome is finite."""
    text, read = hostile.draw(kind, random.Random(seed), folder, documents)
    hostile.lay(folder, text)
    read()


def test_some_of_what_is_drawn_is_right(folder: Path, documents: Sequence[dict[str, Any]]) -> None:
    right = 0
    for seed in range(8):
        text, read = hostile.draw("nudged", random.Random(seed), folder, documents)
        hostile.lay(folder, text)
        right += read()
    assert right > 0


# -- processes, seen from outside ---------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of hostile things, and all that a process needs beside it."""
    hostile.make_hostile_folder(tmp_path)
    for each in ("home", "temporary"):
        (tmp_path / each).mkdir()
    return tmp_path


@posix
def test_nothing_is_written_started_or_run(home: Path) -> None:
    """Every open, process, socket and import of one that reads 30 files is looked at."""
    assert 0 < watched("files", home, seed=0, count=30) < 30


@posix
@pytest.mark.slow
def test_nothing_is_written_started_or_run_by_any_of_many(home: Path) -> None:
    seed, count = how_many(250)
    assert watched("files", home, seed, count) > 0.05 * count


@posix
def test_the_watch_sees() -> None:
    """What the tests above rely on."""
    seen = """
import os, subprocess, socket, sys
import hostile, watched
watch = watched.Watch()
watch.on = True
for attempt in (
    lambda: open("some", "w"), lambda: os.mkdir("folder"), lambda: os.system("true"),
    lambda: subprocess.run([sys.executable, "-c", ""]), lambda: socket.socket(),
    lambda: eval(repr(hostile.CANARY)), lambda: __import__(hostile.CANARY),
):
    before = len(watch.seen)
    try:
        attempt()
    except ImportError:
        pass
    watch.on, on = False, watch.on
    print(len(watch.seen) > before)
    watch.on = on
"""
    with tempfile.TemporaryDirectory() as place:
        found = ended(Path(place), "-c", seen)
    assert found.out.split() == ["True"] * 7, found.err


@posix
def test_commands_refuse_files_that_are_none(home: Path) -> None:
    files = []
    for number in range(60):
        files.append(f"{number}.yaml")
        hostile.put(home / files[-1], hostile.with_path(random.Random(number)))
    before = everything(home)
    found = ended(home, "-m", "alliance_sim", "validate", *files, "pipe", "folder", "loop")
    assert found.code == 2
    assert "Traceback" not in found.err
    assert "pipe: the file cannot be read: it is no regular file" in found.err
    assert "folder: the file cannot be read: it is a folder" in found.err
    assert found.seconds < 2 * SECONDS  # of 63 files
    assert found.megabytes < MEGABYTES
    assert everything(home) == before


@posix
@pytest.mark.parametrize("command", ["run", "blocs"])
def test_commands_write_where_they_are_told_to(home: Path, command: str) -> None:
    hostile.put(home / "self.yaml", hostile.written(small_scenario() | {"name": hostile.CODE[0]}))
    hostile.put(home / "system.yaml", hostile.written(hostile.SYSTEM | {"name": "../../x"}))
    before = everything(home)
    options = ["--runs", "3", "--workers", "1", "--no-plots"] if command == "run" else []
    source = {"run": "self.yaml", "blocs": "system.yaml"}[command]
    found = ended(home, "-m", "alliance_sim", command, source, *options, "--out", "results")
    assert found.code == 0, found.err
    assert "Traceback" not in found.err
    after = everything(home)
    assert any(name.startswith("results") for name in after)
    outside = {name: about for name, about in after.items() if not name.startswith("results")}
    caches = ("home", "temporary")  # of Matplotlib, which are its own
    assert {k: v for k, v in outside.items() if not k.startswith(caches)} == {
        k: v for k, v in before.items() if not k.startswith(caches)
    }


# -- much in little ----------------------------------------------------------------------------


def world(actors: int = 2, dyads: Sequence[str] = ("a0-a1",), more: str = "") -> str:
    """A scenario with that many actors, as YAML."""
    names = "".join(f"  a{each}: {{name: A, capability: 0.1}}\n" for each in range(actors))
    pairs = "".join(f"  {each}: {{alignment: 0.1}}\n" for each in dyads)
    return (
        "name: n\nhorizon: {start: 2018-01, months: 12}\noutcomes: [o]\nworld:\n name: w\n"
        f" date: 2018-01\n actors:\n{names} dyads:\n{pairs}{more}"
        " outcomes: {o: {name: o, measure: {alignment: a0-a1}}}\n"
    )


def lines(count: int, line: str) -> str:
    return "".join(line.format(each) for each in range(count))


SOURCES = "sources:\n" + lines(18_000, "  world.actors.a0.presence.q{}: judgement\n")
MEMBERS = "&m [" + ",".join(f"a{each}" for each in range(200)) + "]"
ALPHABET = "abcdefghij" * 5
WORST = {
    "unknown actors": world(2000, [f"{ALPHABET}{each}-a0" for each in range(9000)]),
    "unknown references": world(more=" sources:\n" + lines(18_000, "  q{0}: y{0}\n")),
    "unknown keys": lines(19_000, "key{}: 1\n"),
    "broken aliases": "a:\n" + " - *b\n" * 39_000,
    "aliases of a long text": f'a: &a "{"x" * 20_000}"\noutcomes: [' + "*a ," * 390 + "]",
    "one outcome many times": world().replace("[o]", "[" + "o," * 38_000 + "]"),
    "one member many times": world(
        more=" groups: {g: {name: g, members: [" + "a0," * 38_000 + "]}}\n"
    ),
    "paths with asterisks": world(1500, more=" sources:\n" + lines(5000, '  "*.*.*.x{}": y\n')),
    "groups of groups": world(
        200, more=f" groups: {{g: {{name: g, members: {MEMBERS}}}, h: {{name: h, members: *m}}}}\n"
    ).replace("[o]", "[o]\ndyads: [" + "g-h," * 20_000 + "]"),
    "settings": world() + "set:\n" + lines(18_000, " world.actors.a0.presence.p{}: 0.5\n"),
    "settings over sources": world()
    + SOURCES
    + "set:\n"
    + lines(1000, " world.actors.a0.presence.p{}: 0.5\n"),
    "settings of sources": world()
    + SOURCES
    + "set:\n"
    + lines(1000, " world.actors.a0.source.p{}: judgement\n"),
    "a setting of many steps": world() + "set:\n ? " + "a." * 400_000 + "a\n : 1\n",
    "directives": "%a\n" * 330_000 + "---\na: 1",
    "a long tag": "a: !" + "x" * 990_000 + " b",
    "a long line": "a: " + "x" * 990_000,
    "brackets": "a: " + "[b,{c: " * 140_000,
    "digits": "a: 0x" + "f" * 990_000,
    "dyads": world(160, [f"a{i}-a{j}" for i in range(160) for j in range(i)][:9_500]),
}


@posix
@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_what_took_minutes_takes_seconds(home: Path, name: str) -> None:
    file = hostile.put(home / "self.yaml", WORST[name])
    assert file.stat().st_size <= MAX_BYTES
    found = ended(home, "-m", "alliance_sim", "validate", file.name)
    assert found.code == (0 if name == "dyads" else 2), found.err[:1000]
    assert "Traceback" not in found.err
    assert found.err.count("\n") <= MOST_TOLD + 1
    assert found.seconds < SECONDS + 1  # a second to start
    assert found.megabytes < MEGABYTES


@posix
@pytest.mark.slow
@pytest.mark.parametrize("last", [9, 12, 18])
def test_chains_of_settings_take_seconds(home: Path, last: int) -> None:
    chain_of_settings(home, last, 1000)
    found = ended(home, "-m", "alliance_sim", "validate", f"{last}.yaml")
    assert found.code == 2
    assert "Traceback" not in found.err
    assert ("adds up to more than 200000 values" in found.err) == (last > 9)
    assert found.seconds < SECONDS + 1


def chain_of_settings(place: Path, last: int, settings: int) -> None:
    """Files that extend each other, each with settings of its own."""
    hostile.put(place / "0.yaml", world())
    for each in range(1, last + 1):
        setting = f" world.actors.a0.presence.p{each}x{{}}: 0.5\n"
        text = f"extends: {each - 1}.yaml\nset:\n" + lines(settings, setting)
        hostile.put(place / f"{each}.yaml", text)


def test_what_is_set_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load.documents, "_MAX_MERGED", 1_000)
    chain_of_settings(tmp_path, 6, 20)
    # 20 settings and their sources are 80 values; the base has some 50.
    assert any("adds up to more than 1000" in each for each in told(tmp_path / "6.yaml"))


def test_sixty_actors_all_tied_are_read_and_count_alike_as_data() -> None:
    """As many values as a world of ``benchmarks/growth.py`` has, which is within the limits."""
    data = growth.crowd(60)
    tree, problems = parse(hostile.written(data), "a.yaml")
    assert problems == []
    assert tree is not None
    assert from_data(data)[0].size == tree.size == values(data) <= MAX_NODES


def values(data: object) -> int:
    """Values and keys, counted apart."""
    if isinstance(data, dict):
        return 1 + sum(values(key) + values(each) for key, each in data.items())
    if isinstance(data, list | tuple):
        return 1 + sum(map(values, data))
    return 1 + len(data) // 200 if isinstance(data, str) else 1


@pytest.mark.parametrize("key", ["extends", "world", "baseline"])
@pytest.mark.parametrize("name", ["shadow", "shadow.txt", "shadow.yaml.bak", "link.yaml"])
def test_no_file_leads_to_one_that_is_not_yaml(tmp_path: Path, key: str, name: str) -> None:
    """Nothing of it is told."""
    if name == "link.yaml":
        hostile.put(tmp_path / "shadow", "secret: [x")
        try:
            (tmp_path / name).symlink_to(tmp_path / "shadow")
        except OSError:
            pytest.skip("no links here")
    else:
        hostile.put(tmp_path / name, "secret: [x")
    brief = small_scenario()
    for named in (name, str(tmp_path / name)):
        file = hostile.put(tmp_path / "one.yaml", hostile.written(brief | {key: named}))
        said = " ".join(told(file))
        assert f"{name}' is not read" in said
        assert "secret" not in said
        assert "bracket" not in said
        with pytest.raises(al.InputError) as caught:
            load_scenario(file)
        assert "bracket" not in str(caught.value)
    assert "is not read" in refusal(brief | {key: str(tmp_path / name)})


@pytest.mark.parametrize("end", ["yaml", "yml", "json", "YAML"])
def test_files_lead_to_yaml_and_json(tmp_path: Path, end: str) -> None:
    hostile.put(tmp_path / f"parent.{end}", hostile.written(small_scenario()))
    file = hostile.put(tmp_path / "one.yaml", f"extends: parent.{end}\nname: Another\n")
    assert load_scenario(file).name == "Another"


def test_of_many_problems_the_first_are_told(tmp_path: Path) -> None:
    problems = told(hostile.put(tmp_path / "a.yaml", "a:\n" + " - *b\n" * 5_000))
    assert len(problems) == MOST_TOLD + 1
    assert problems[-1] == f"{5_005 - MOST_TOLD:,} more problems; mend these first"


def test_names_are_suggested_among_thousands(tmp_path: Path) -> None:
    dyads = ["a0-a1", *(f"a0-b{each}" for each in range(1500))]
    begun = time.perf_counter()
    problems = told(hostile.put(tmp_path / "a.yaml", world(1500, dyads)))
    assert time.perf_counter() - begun < SECONDS
    assert "unknown actor 'b0' in dyad 'a0-b0'; use one of: a0, a1, a10" in problems[0]
    longer = hostile.put(tmp_path / "a.yaml", world(1500, ["a0-a1", "a0-a1500"]))
    assert "unknown actor 'a1500' in dyad 'a0-a1500'; did you mean 'a150'?" in told(longer)[0]


@pytest.mark.parametrize("word", ["/etc/passwd", "", "\ud800", "../x", "C:\\x"])
def test_no_word_is_too_odd_to_suggest_another(word: str) -> None:
    assert "use one of: n0, n1" in did_you_mean(word, [f"n{each}" for each in range(1500)])


def test_files_that_go_together_are_limited_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With smaller limits than the real ones, which take a while to reach."""
    monkeypatch.setattr(load.documents, "MAX_NODES", 500)
    monkeypatch.setattr(load.documents, "MAX_BYTES", 10_000)
    base, child = tmp_path / "base.yaml", tmp_path / "child.yaml"
    hostile.put(base, world(more=" references:\n" + lines(200, "  r{}: x\n")))
    assert told(base) == []
    more = "extends: base.yaml\nworld:\n references:\n" + lines(200, "  s{}: x\n")
    [values] = told(hostile.put(child, more))
    assert "more than 500 values in this file and others that go with it" in values
    hostile.put(base, world() + "# " + "x" * 6_000)
    [size] = told(hostile.put(child, "extends: base.yaml\n# " + "x" * 6_000))
    assert "the file and others that go with it are larger than 1 MB" in size


def test_files_that_do_not_go_together_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load.documents, "MAX_NODES", 500)
    hostile.put(tmp_path / "base.yaml", world())
    files = [tmp_path / f"{each}.yaml" for each in range(3)]
    for file in files:
        more = "extends: base.yaml\nworld:\n references:\n" + lines(200, "  s{}: x\n")
        hostile.put(file, more)
    assert len(load.load_scenarios(files)) == 3


def test_a_long_chain_of_large_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load.documents, "_MAX_MERGED", 10_000)
    for each in range(30):
        hostile.put(tmp_path / f"{each}.yaml", f"extends: {each + 1}.yaml\n")
    hostile.put(tmp_path / "30.yaml", world(more=" references:\n" + lines(400, "  r{}: x\n")))
    [problem] = told(tmp_path / "0.yaml")
    assert "what files build on adds up to more than 10000 values" in problem
    assert told(tmp_path / "25.yaml") == []


def test_paths_of_sources_are_followed_only_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = ' sources:\n  "actors.*.capability": judgement\n' + lines(20, '  "*.*.*.x{}": y\n')
    file = hostile.put(tmp_path / "a.yaml", world(50, more=sources))
    assert not any("lead through" in each for each in told(file))
    search = load.sources._Search
    monkeypatch.setattr(search, "__init__", partialmethod(search.__init__, left=1_000))
    assert any("9:3" not in each and "write fewer paths with `*`" in each for each in told(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !" + "x" * 600 + " b", "1:4: a tag, or what stands after a '!', is very long"),
        ("%TAG !e! " + "x" * 200 + "\n---\na: 1", "1:1: a tag, or what stands"),
        ("a: 0x" + "f" * 500, "1:4: a whole number of 502 digits"),
        (world().replace("name: n", "name: " + "n" * 201), "1:7: a text of 201 letters; shorten"),
        (world().replace("a1", "b" * 81), "9:3: a text of 81 letters; shorten it to at most 80"),
        (world() + "set:\n" + lines(1001, " world.references.r{}: x\n"), "`set` has 1001 lines"),
    ],
)
def test_limits_are_told_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    file = hostile.put(tmp_path / "a.yaml", text)
    assert any(each.startswith(str(file)) and said in each for each in told(file)), told(file)[:3]


def test_paths_of_settings_are_not_endless() -> None:
    path = "world.outcomes.o.measure" + ".absence" * 5000
    assert f"write up to {MAX_DEPTH} steps joined by dots" in refusal(
        small_scenario(), f"{path}={{alignment: athens-sparta}}"
    )


def test_whole_numbers_of_any_length() -> None:
    data = small_scenario()
    data["horizon"]["months"] = 16**9000
    assert "0x100000000000000000... is above 1200" in refusal(data)


# -- what fuzzers found ------------------------------------------------------------------------


def test_capabilities_too_small_to_divide_by() -> None:
    data = small_scenario()
    for actor in data["world"]["actors"].values():
        actor["capability"] = 5e-324
    hostile.run_shortly(read_scenario(data))


@pytest.mark.parametrize("chance", [5e-324, 1e-300, 1 - 2**-53])
def test_revisions_are_neither_impossible_nor_certain(chance: float) -> None:
    assert "world.behaviour.revision.chance" in refusal(
        small_scenario(), f"world.behaviour.revision.chance={chance}"
    )


@pytest.mark.parametrize("chance", [1e-12, 1 - 1e-12])
def test_revisions_at_their_bounds_run(chance: float) -> None:
    setting = f"world.behaviour.revision.chance={chance}"
    hostile.run_shortly(read_scenario(small_scenario(), [setting]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("actor,other,propensity\na,b\u0301" + "\u0301" * 300_000 + ",1\n", "2:3: a field of"),
        ("actor,other,propensity\n" + "," * 60_000, "2:1: more than 50000 fields; take some out"),
        ("," * 600 + "x\n" + "a,1\n", "1:1: a table of 601 columns; write at most 500"),
        ('"a,' * 30_000, "more problems; mend these first"),
        (",\n# a,\n# b,\n# c", "2:1: a comment stands under the header"),
        ("actor,other,propensity\n# a,,\n# b,,", "2:1: a comment stands under the header"),
    ],
)
def test_tables_are_limited(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(al.InputError, match=said):
        load_blocs(hostile.put(tmp_path / "a.csv", text))


def test_large_worlds_are_not_asked_whether_they_are_stable(tmp_path: Path) -> None:
    dyads = [f"a{j}-a{i}" for i in range(40) for j in range(i)]
    large = load_scenario(hostile.put(tmp_path / "a.yaml", world(40, dyads)))
    assert stability.check(compile_scenario(large)) is None
    with pytest.warns(UnstableModelWarning, match="40 actors the world is too large"):
        al.run(large, runs=1, workers=1)


def test_memory_counts_domains_and_arenas(tmp_path: Path) -> None:
    def needs(kind: str, entry: str) -> float:
        more = f" {kind}:\n" + lines(300, "  d{}: " + entry + "\n")
        scenario = load_scenario(hostile.put(tmp_path / "a.yaml", world(20, more=more)))
        return al.estimate(scenario, 1, stored=True).memory

    none = al.estimate(
        load_scenario(hostile.put(tmp_path / "a.yaml", world(20))), 1, stored=True
    ).memory
    assert needs("domains", "{{name: d}}") > 5 * none
    assert needs("arenas", "{{name: d, level: 0.5}}") > 1.1 * none
