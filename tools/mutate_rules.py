#!/usr/bin/env python
"""Whether the tests of the rules notice a wrong sign.

Every rule function, and every function of the month that calls them and of what is recorded
(step.py, engines/recording.py), is changed in one place at a time, in a copy of the package:
+ and -, minimum and maximum, > and <, >= and <= change places, a minus is taken away, or one
is put before what is returned, or actors are not transposed, so that what one does is taken
for what it receives. The tests of the rules then have to fail; for the month and what is
recorded, those or tests/test_step.py.

    tools/mutate_rules.py                   all of them
    tools/mutate_rules.py --only updates    those of one module, function or change
    tools/mutate_rules.py --list            only say what would be changed

Exits with 1 where a change survives that is not known to be equivalent.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "alliance_sim"
WIRING = (PACKAGE / "step.py", PACKAGE / "engines" / "recording.py")
MODULES = (*sorted((PACKAGE / "rules").glob("*.py")), *WIRING)
TIMEOUT = 300  # seconds; a change that makes the tests hang has been noticed

EQUIVALENT: dict[str, str] = {
    "mechanisms.issue_agreement: return np.zeros_like(scale) -> return -np.zeros_like(scale)": (
        "minus zero adds nothing, as zero does"
    ),
    "step.begin_month: return changed -> return -changed": "minus true is true, minus false false",
}
"""Change -> why no test can notice it."""

SWAPPED_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Gt: ast.Lt,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.LtE: ast.GtE,
}
SWAPPED_NAMES = {"maximum": "minimum", "minimum": "maximum"}
SWAPPED_CALLS = {"add": "subtract", "subtract": "add", "negative": "positive"}

Change = Callable[[], None]
"""Alters the tree that it was made from."""


@dataclass(frozen=True)
class Mutant:
    """A module with one place changed."""

    path: Path
    name: str
    """``module.function: before -> after``."""
    source: str


def changes(tree: ast.Module) -> Iterator[tuple[str, ast.AST, Change]]:
    """Function, expression and change of every place, always in the same order."""
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        inner = {
            node.name
            for node in ast.walk(function)
            if isinstance(node, ast.FunctionDef) and node is not function
        }
        for statement in function.body:
            for node in ast.walk(statement):
                for change in _changes_of(node, inner):
                    yield function.name, node, change


def _changes_of(node: ast.AST, inner: set[str]) -> Iterator[Change]:
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()) | ast.AugAssign(op=ast.Add() | ast.Sub()):
            yield _set(node, "op", SWAPPED_OPERATORS[type(node.op)]())
        case ast.Compare(ops=[ast.Gt() | ast.Lt() | ast.GtE() | ast.LtE() as op]):
            yield _set(node, "ops", [SWAPPED_OPERATORS[type(op)]()])
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in SWAPPED_NAMES:
            yield _set(node, "attr", SWAPPED_NAMES[name])
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in SWAPPED_CALLS:
            yield _set(node, "attr", SWAPPED_CALLS[name])
        case ast.Call(func=ast.Attribute(attr="swapaxes")):
            yield _set(node, "args", [ast.Constant(0), ast.Constant(0)])
        case ast.UnaryOp(op=ast.USub()):
            yield _set(node, "op", ast.UAdd())
        case ast.Return(value=ast.expr() as value) if _is_number(value, inner):
            yield _set(node, "value", ast.UnaryOp(op=ast.USub(), operand=value))
        case ast.Lambda(body=body):
            yield _set(node, "body", ast.UnaryOp(op=ast.USub(), operand=body))


def _is_number(value: ast.expr, inner: set[str]) -> bool:
    """Whether a minus before it could run: not a function, several values, or an object."""
    match value:
        case ast.Name(id=name):
            return name not in inner
        case ast.Call(func=ast.Name(id=name)):
            return name[0].islower()
        case ast.Lambda() | ast.Tuple() | ast.ListComp():
            return False
        case ast.UnaryOp(op=ast.USub()):
            return False  # its own minus is taken away as it is
    return True


def _set(node: ast.AST, field: str, value: object) -> Change:
    return lambda: setattr(node, field, value)


def mutants() -> list[Mutant]:
    """Every change of every module."""
    found: list[Mutant] = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        for number in range(len(list(changes(ast.parse(text))))):
            tree = ast.parse(text)
            function, node, change = list(changes(tree))[number]
            shown = node if not isinstance(node, ast.Attribute) else _call_of(tree, node)
            before = " ".join(ast.unparse(shown).split())
            change()
            after = " ".join(ast.unparse(shown).split())
            name = f"{path.stem}.{function}: {before} -> {after}"
            again = sum(each.name.split(" #")[0] == name for each in found)
            found.append(
                Mutant(
                    path=path,
                    name=f"{name} #{again + 1}" if again else name,
                    source=ast.unparse(ast.fix_missing_locations(tree)),
                )
            )
    return found


def _call_of(tree: ast.Module, attribute: ast.Attribute) -> ast.AST:
    """The call of a function, to show its arguments too."""
    return next(
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.func is attribute
    )


def survives(mutant: Mutant | None, place: Path) -> bool:
    """Whether the tests pass with a change, in a copy of the package at ``place``."""
    copied = place / "alliance_sim" / mutant.path.relative_to(PACKAGE) if mutant else None
    if copied and mutant:
        copied.write_text(mutant.source, encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0"]
            + [str(path) for path in _tests(mutant)],
            cwd=ROOT,
            env=os.environ
            | {
                "PYTHONPATH": str(place),
                "PYTHONDONTWRITEBYTECODE": "1",
                "HYPOTHESIS_STORAGE_DIRECTORY": str(place / "hypothesis"),
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        if copied and mutant:
            shutil.copy(mutant.path, copied)
    if done.returncode not in (0, 1, 2):  # 2: the changed module cannot even be imported
        raise SystemExit(f"pytest failed to run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def _tests(mutant: Mutant | None) -> list[Path]:
    """The tests that should notice a change, those of the changed module first."""
    tests = sorted((ROOT / "tests").glob("test_rules_*.py"))
    if mutant is None or mutant.path in WIRING:
        return [ROOT / "tests" / "test_step.py", *tests]
    return sorted(tests, key=lambda path: path.stem != f"test_rules_{mutant.path.stem}")


def _copies(jobs: int, place: Path) -> SimpleQueue[Path]:
    copies: SimpleQueue[Path] = SimpleQueue()
    for job in range(jobs):
        copy = place / str(job)
        shutil.copytree(
            PACKAGE, copy / "alliance_sim", ignore=shutil.ignore_patterns("__pycache__")
        )
        copies.put(copy)
    return copies


def run(chosen: list[Mutant], jobs: int) -> int:
    """Try every change; the number of those that survive without a reason."""
    started, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies = _copies(jobs, Path(folder))

        def attempt(mutant: Mutant | None) -> bool:
            copy = copies.get()
            try:
                return survives(mutant, copy)
            finally:
                copies.put(copy)

        if not attempt(None):
            raise SystemExit("the tests fail without any change")
        for mutant, survived in zip(chosen, pool.map(attempt, chosen), strict=True):
            reason = EQUIVALENT.get(mutant.name)
            verdict = "survived" if survived else "killed"
            if survived and reason:
                verdict = f"equivalent ({reason})"
            bad += survived and not reason
            if reason and not survived:
                verdict, bad = "killed, though it is listed as equivalent", bad + 1
            print(f"{verdict:9} {mutant.name}", flush=True)
    print(f"{len(chosen)} changes, {bad} to mend, {time.monotonic() - started:.0f} s")
    return bad


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    parser.add_argument("--only", default="", help="those with this text in their name")
    parser.add_argument("--jobs", type=int, default=1, help="changes tried at the same time")
    arguments = parser.parse_args()
    everything = mutants()
    names = [mutant.name for mutant in everything]
    assert all(a != b for a, b in pairwise(sorted(names)))
    stale = sorted(set(EQUIVALENT) - set(names))
    if stale:
        print("listed as equivalent, but no longer made:", *stale, sep="\n  ")
        return 1
    chosen = [mutant for mutant in everything if arguments.only in mutant.name]
    if arguments.list:
        print(*(mutant.name for mutant in chosen), sep="\n")
        return 0
    return 1 if run(chosen, arguments.jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
