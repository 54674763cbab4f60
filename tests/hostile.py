"""Hostile files, and what must hold of whatever reads them.

`tests/test_hostile_files.py` draws files from here; `tools/fuzz.py` is led to others by coverage.
"""

from __future__ import annotations

import contextlib
import copy
import json
import math
import os
import random
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.errors import Problem, UnstableModelWarning
from alliance_sim.library import shipped_scenarios, shipped_worlds
from alliance_sim.load import check_file, load_scenario, read_scenario
from alliance_sim.load.blocs import load_blocs
from alliance_sim.load.claims import load_passages, read_claims
from alliance_sim.load.reading import parse
from alliance_sim.store.trust import check_store

CANARY = "hostile_canary"
"""Stands in every piece of code that is hidden in a file; nothing may import, run or make it."""
MONTHS, RUNS = 60, 2
"""Up to which what can be read is also run."""
_MOST_WORK = 14**2 * 40
"""Actors squared, times domains and arenas, up to which it is."""

# -- what must hold ----------------------------------------------------------------------------


def read_yaml(file: Path) -> bool:
    """Check a scenario or world, and run it where that takes a moment; whether it was right."""
    with _no_warnings():
        problems = check_file(file)
        if problems:
            check_problems(problems)
            return False
        try:
            scenario = load_scenario(file)
        except al.InputError as error:  # a world
            check_problems(error.problems)
            return True
        run_shortly(scenario)
        return True


def read_setting(setting: str) -> bool:
    """Set a value of a scenario as `--set` does; whether it could be."""
    with _no_warnings():
        try:
            read_scenario(small_scenario(), [setting])
        except al.InputError as error:
            check_problems(error.problems)
            return False
    return True


def read_system(file: Path) -> bool:
    """Study a system of actors; whether it was right."""
    with _no_warnings():
        try:
            system = load_blocs(file)
        except al.InputError as error:
            check_problems(error.problems)
            return False
        if len(system.actors) <= 8:
            json.dumps(al.blocs(system).as_json(), allow_nan=False)
        return True


def read_store(file: Path) -> bool:
    """Read the results that a file belongs to; whether they were right."""
    place = next((each for each in file.parents if each.suffix == ".zarr"), file)
    with _no_warnings():
        try:
            store.read(place).load()
        except al.InputError as error:
            check_problems(error.problems)
            return False
    return True


def read_claims_file(file: Path) -> bool:
    """Check claims and passages; whether either was right."""
    found = 0
    for read in (read_claims, load_passages):
        with _no_warnings():
            try:
                read(file)
                found += 1
            except al.InputError as error:
                check_problems(error.problems)
    return found > 0


def run_shortly(scenario: al.Scenario) -> None:
    """Run what is small; every outcome is a finite number."""
    world = scenario.world
    if scenario.horizon.months > MONTHS:
        return
    if len(world.actors) ** 2 * (1 + len(world.domains) + len(world.arenas)) > _MOST_WORK:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnstableModelWarning)
        try:
            found = al.run(scenario, RUNS, seed=0, workers=1)
        except al.InputError as error:
            check_problems(error.problems)
            return
    for name, values in found.data_vars.items():
        if np.issubdtype(values.dtype, np.number):
            assert np.isfinite(values).all(), name


def check_problems(problems: Sequence[Problem]) -> None:
    """Problems say what is wrong and how to mend it, on a line each, and are not endless."""
    assert 0 < len(problems) <= 200
    for each in problems:
        assert each.what
        assert each.mend
        assert str(each).isprintable()
        assert len(str(each)) < 6_000
        assert each.line is None or each.line >= 1


@contextmanager
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# -- files -------------------------------------------------------------------------------------

CODE = [
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"!!python/object/new:{CANARY}.Thing []",
    f"!!python/name:{CANARY}.thing ''",
    f"!!python/module:{CANARY} ''",
    f"!<tag:yaml.org,2002:python/object/apply:subprocess.Popen> [['touch', {CANARY}]]",
    f"!!javax.script.ScriptEngineManager [!!java.net.URL ['http://{CANARY}']]",
    f"__import__('os').system('touch {CANARY}')",
    f"${{{CANARY}}}",
    f"$(touch {CANARY})",
    f"{{{{ {CANARY} }}}}",
    f"=cmd|'/c touch {CANARY}'!A1",
]
TOKENS = [
    *("a", "b-c", "a->b", "name", "world", "extends", "set", "actors", "sources", "1432-01"),
    *(": ", ":", "- ", "-", "? ", ", ", "[", "]", "{", "}", "\n", "\n  ", "\n    ", "\t", " #"),
    *("&a ", "*a ", "&b ", "*b ", "<<: *a", "<<: [*a, *b]", "!!str ", "!!int ", "!!float "),
    *("!!binary ", "!!set ", "!!omap ", "!!timestamp ", "! ", "!local ", "!<x> ", "!e!x ", "!!"),
    *("---\n", "...\n", "%YAML 1.1\n", "%YAML 9.9\n", "%TAG !e! tag:e,1:\n", "%X\n", "|\n  x\n"),
    *(">-\n  x\n", ">9\n", "|+\n", "'", '"', "''", '"\\x41"', '"\\ud800"', '"\\U00110000"'),
    *('"\\', "\\N", "~", "null", "true", "yes", "0x1F", "0o17", "017", "1e400", "-1e400", "1_0"),
    *(".nan", ".inf", "-.inf", "2001-01-01", "12:30:45", "9" * 400, "0x" + "f" * 401, "-0"),
    *("\ufeff", "\u202e", "\u0085", "\u2028", "\u0000", "\x1b[31m", "\x7f", "é", "🜁", "a\u0301"),
    *("١٢", "ﷺ", "\ud7ff", "\uffff", "%", "@", "`", "=", "==", "a: &a [*a]\n", "&a {x: *a}\n"),
]
VALUES: list[Any] = [
    *(None, True, 0, -1, 1, 0.5, -0.0, 5e-324, 1e-300, 1e300, 10**20, 10**399, math.nan, math.inf),
    *("", "~", "a", "nobody", "\u202ea", "é", "\x00", "a-b", "a->b", "athens-athens", "1432-13"),
    *("0000-01", "9999-12", "1432-01", "x" * 300, "*.*.*.*", "actors.*.capability", "../../x"),
    *("/etc/passwd", "/dev/zero", "{x}", "{", "%s", "<script>", "judgement", [], {}, [[]], [{}]),
    *([0, 0], [1, 0], [0, 1, 2], ["a", "a"], {"a": 1}, {"uniform": [1, 1]}, {"uniform": [-1, 1]}),
    *({"normal": [0, 1e6]}, {"beta": [1e-300, 1e6]}, {"lognormal": [1e6, 3]}, {"between": [1, 2]}),
    *({"categorical": {"values": [1], "probabilities": [1]}}, {"hazard_per_year": 1e6}),
    *({"alignment": "athens-sparta"}, {"product": []}, {"absence": {"absence": {}}}, *CODE),
]


def raw(chance: random.Random) -> str:
    """Text that looks like YAML to different degrees."""
    if chance.random() < 0.5:
        return "".join(chance.choice(TOKENS + CODE) for _ in range(chance.randint(1, 40)))
    text = bytearray(written(small_scenario()), "utf-8")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        new = chance.choice(TOKENS + CODE).encode(errors="surrogatepass")
        text[at : at + chance.choice([0, 0, 1, 1, 30, 900])] = new
    return text.decode(errors="surrogateescape")


def mutated(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """A document in which one to four things are no longer what they were."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        places = list(_places(document))
        if places:
            chance.choice(_CHANGES)(chance, *chance.choice(places), places)
    return document


def written(value: Any) -> str:
    """A value as YAML: JSON, but for numbers that it does not have."""
    text = json.dumps(value)
    return text.replace("NaN", ".nan").replace("-Infinity", "-.inf").replace("Infinity", ".inf")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a value with each of its keys."""
    if isinstance(value, dict | list):
        for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(each)


def _replace(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    inside[key] = copy.deepcopy(chance.choice(VALUES))


def _drop(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    del inside[key]


def _move(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    other, place = chance.choice(places)
    inside[key] = copy.deepcopy(other[place])


def _nest(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    for _ in range(chance.choice([1, 2, 40])):
        inside[key] = chance.choice([[inside[key]], {str(key): inside[key]}])


def _rename(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    if isinstance(inside, dict):
        names = [str(place) for _, place in places] + [str(each) for each in VALUES if each]
        inside[chance.choice(names)] = inside.pop(key)


def _repeat(chance: random.Random, inside: Any, key: Any, places: Any) -> None:
    if isinstance(inside, list):
        inside += [copy.deepcopy(inside[key]) for _ in range(chance.choice([1, 50]))]
    else:
        for each in range(chance.choice([1, 50])):
            inside[f"{key}{each}"] = copy.deepcopy(inside[key])


_CHANGES: list[Callable[..., None]] = [_replace, _replace, _drop, _move, _nest, _rename, _repeat]


def _scalar(chance: random.Random, inside: Any, key: Any) -> None:
    """Stay near what is right: numbers become other numbers, names other names."""
    old = inside[key]
    if isinstance(old, int | float) and not isinstance(old, bool):
        inside[key] = chance.choice([0, 1, -1, 0.5, 5e-324, 1e-300, 1e6, -1e6, 1 - 2**-53, 1200])


def nudged(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """A document whose numbers stand at the ends of what they may be."""
    document = copy.deepcopy(document)
    places = list(_places(document))
    for _ in range(chance.randint(1, 12)):
        _scalar(chance, *chance.choice(places))
    return document


def table(chance: random.Random) -> str:
    """Text that looks like a table."""
    cells = ["actor", "other", "propensity", "size", "position", "issue", "a", "b", "c", "A", "1"]
    cells += ["-1", "1e999", "\N{MINUS SIGN}3", "", " ", '"', '""', '"a,b"', "#", "sep=;", "é", "ß"]
    cells += ["İ", "\u0301", "\ufdfa", "\0", "\u2028", "9" * 50, "a b", "->", "-", *CODE]
    joint = chance.choice([",", ",", ";", "\t"])
    width = chance.randint(1, 5)
    header = chance.choice(
        [["actor", "other", "propensity"], ["", "a", "b"], ["actor", "position"], None]
    )
    rows = [header or [chance.choice(cells) for _ in range(width)]]
    for _ in range(chance.randint(0, 12)):
        rows.append([chance.choice(cells) for _ in range(len(rows[0]) + chance.choice([0, 0, 1]))])
    return chance.choice(["\n", "\n", "\r\n", "\r"]).join(joint.join(row) for row in rows)


SYSTEM: dict[str, Any] = {
    "name": "Four",
    "actors": {"a": {"size": 2}, "b": {"name": "B", "self_tie": 1}, "c": {}, "d": {"size": 0.5}},
    "ties": {"a-b": 1, "b-c": -2, "c->d": 0.5, "d->c": 1},
    "issues": {"war": {"a": {"position": 1, "salience": 2}, "b": {"position": 0}}},
}

PATHS = [
    *("../../../../../../etc/passwd", "/dev/zero", "/dev/tty", "/dev/stdin", "/proc/self/mem"),
    *("pipe", "folder", "loop", ".", "..", "/", "", " ", "a\0b", "a\nb", "n" * 300, "d/" * 3000),
    *("~", "$HOME", "*.yaml", "**/*", "http://localhost/x.yaml", "file:///etc/passwd", "C:\\x"),
    *("\\\\host\\share", "con", "-", "--help", "self.yaml", "east.yaml", "secret.yaml", CANARY),
]


def make_hostile_folder(folder: Path) -> None:
    """Things in place of files: a pipe, a folder, links that lead round, files that do."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "folder").mkdir(exist_ok=True)
    (folder / "west.yaml").write_text("extends: east.yaml\n")
    (folder / "east.yaml").write_text("extends: west.yaml\nworld: {extends: west.yaml}\n")
    (folder / "secret.yaml").write_bytes(os.urandom(64))
    if os.name != "nt" and not (folder / "pipe").exists():
        os.mkfifo(folder / "pipe")
        (folder / "loop").symlink_to(folder / "loop")


def with_path(chance: random.Random) -> str:
    """A scenario that names a file which is none."""
    path = written(chance.choice(PATHS))
    whole = written(small_scenario())[1:-1]
    return chance.choice(
        [
            f"extends: {path}\n",
            f"extends: self.yaml\nworld: {path}\n",
            f"world: {{extends: {path}}}\n",
            f"{{baseline: {path}, {whole}}}",
            f"{{extends: {path}, {whole}}}",
        ]
    )


def setting(chance: random.Random) -> str:
    """An option of `--set`."""
    document = small_scenario()
    steps: list[str] = []
    value: Any = document
    while isinstance(value, dict | list) and value and chance.random() < 0.9:
        key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        steps.append(str(key))
        value = value[key]
    if chance.random() < 0.3:
        steps += [chance.choice(["absence", "*", "", "0", "999999999", "a" * 99, "é"])] * 3
    if chance.random() < 0.05:
        steps += ["absence"] * 5000
    right = chance.choice([written(chance.choice(VALUES)), raw(chance)])
    return f"{'.'.join(steps)}{chance.choice(['=', '=', '', ' = '])}{right}"


def put(file: Path, text: str) -> Path:
    """Write text that may hold halves of characters."""
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    return file


def small_shipped() -> list[dict[str, Any]]:
    """Documents that ship with the library, as data, and mostly the small one of the tests."""
    names = ("us_exits_jcpoa", "us_threatens_jcpoa", "baseline_1980", "joint_failure")
    files = [shipped_scenarios()[each] for each in names] + [shipped_worlds()["west_asia_1980"]]
    trees = [parse(each.read_text(encoding="utf-8"), "")[0] for each in files]
    return [*[small_scenario()] * 9, *(tree.plain() for tree in trees if tree is not None)]


KINDS = ("raw", "mutated", "nudged", "path", "set", "table", "system", "claims")


def draw(
    kind: str, chance: random.Random, folder: Path, documents: Sequence[dict[str, Any]]
) -> tuple[str, Callable[[], bool]]:
    """The text of a hostile file, and how it is read once it stands in the folder."""
    file = folder / "self.yaml"
    text = {
        "set": setting,
        "table": table,
        "system": lambda chance: written(chance.choice([mutated, nudged])(chance, SYSTEM)),
        "mutated": lambda chance: written(mutated(chance, chance.choice(documents))),
        "nudged": lambda chance: written(nudged(chance, documents[0])),
        "path": with_path,
    }.get(kind, raw)(chance)
    read = {
        "set": lambda: read_setting(text),
        "table": lambda: read_system(folder / "self.csv"),
        "system": lambda: read_system(file),
        "claims": lambda: read_claims_file(file),
    }.get(kind, lambda: read_yaml(file))
    return text, read


def lay(folder: Path, text: str) -> None:
    """Put a text where it is read, as a document and as a table."""
    put(folder / "self.yaml", text)
    shutil.copyfile(folder / "self.yaml", folder / "self.csv")


# -- results -----------------------------------------------------------------------------------


def brief_scenario() -> al.Scenario:
    """A scenario that takes a moment."""
    return read_scenario(small_scenario() | {"horizon": {"start": "1432-01", "months": 40}})


def make_store(place: Path, runs: int = 8) -> dict[Path, bytes]:
    """Write a small store of results, and a NetCDF file beside it; what stands in each file."""
    found = al.run(brief_scenario(), runs, 3, workers=1, store=place)
    other = store.write(found.isel(run=slice(2), month=slice(3)), place.with_suffix(".nc"))
    files = sorted(each for each in place.rglob("*") if each.is_file() and each.name != ".lock")
    return {each: each.read_bytes() for each in [*files, other]}


def seal(place: Path) -> None:
    """Seal a store again, as somebody who means harm would, so that more of it is looked at."""
    with contextlib.suppress(Exception):
        check_store(place)  # what is read looks at this first as well
        store.runs.annotate(place)


def damaged(chance: random.Random, file: Path, data: bytes) -> bytes:
    """What may stand in a file of a store in place of what was written."""
    if file.name == "zarr.json" and chance.random() < 0.8:
        told = json.loads(data)
        if chance.random() < 0.5:
            told["attributes"] = mutated(chance, told["attributes"])
        else:
            told = mutated(chance, told)
        return json.dumps(told).encode()
    first, last = sorted(chance.choices(range(len(data) + 1), k=2))
    last = chance.choice([first, first + 1, last])
    return data[:first] + chance.randbytes(chance.choice([0, 1, 9])) + data[last:]
