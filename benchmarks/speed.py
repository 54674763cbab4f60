"""Speed of the ensemble on the shipped world, beside what it can be compared with.

    python benchmarks/speed.py               # everything, some minutes
    python benchmarks/speed.py --only step   # one part: step, cores, growth, actors, start, memory
    python benchmarks/speed.py --json        # one JSON object
    python benchmarks/speed.py --update      # writes the table of docs/speed.md anew

One run on one machine: this engine, Mesa's batch_run, the evaluator of the EMA workbench and a C
kernel of the same month, in turn on one core; two cores against one; growth with runs, months and
actors; start-up and memory. Whatever is not there (the workbench, a C compiler) is named and left
out. Ends with 1 where the kernel does not do what the engine does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import contenders
import growth
import processes
from agreement import LEAST_SHARE, agreement
from c_compiler import NoCompilerError
from figures import Figure, Target, as_markdown, as_text, middle
from kernel import Kernel
from rounds import in_turn, machine, one_core

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines.blocks import prepare

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
BEGIN, END = "<!-- begin: written by benchmarks/speed.py --update -->", "<!-- end -->"
MICRO = 1e6


@dataclass
class Measurement:
    """One run of the benchmark."""

    name: str
    scenario: al.Scenario
    repeat: int
    notes: list[str] = field(default_factory=list)
    sound: bool = True

    def note(self, text: str) -> None:
        """Say something that belongs under the table."""
        self.notes.append(text)
        print(text, file=sys.stderr)


def step(measurement: Measurement) -> Iterator[Figure]:
    """The month, by all contenders in turn on one core."""
    scenario = measurement.scenario
    measures = {"engine": contenders.engine(scenario)}
    try:
        measures["kernel"] = contenders.kernel(scenario, checked_kernel(measurement))
    except NoCompilerError as error:
        measurement.note(f"Left out, no C kernel: {error}.")
    measures["mesa"] = contenders.mesa(scenario)
    try:
        measures["workbench"] = contenders.workbench(scenario)
    except contenders.NotInstalledError as error:
        measurement.note(f"Left out, not installed: {error}.")
    with one_core():
        found = in_turn(measures, measurement.repeat)
    engine = found["engine"]
    yield middle("this engine", times(found["engine"], MICRO), " us per run-month")
    yield middle("its months alone", times(found["engine months"], MICRO), " us per run-month")
    yield middle("draws within these", times(found["draws"], MICRO), " us per run-month")
    yield middle("Mesa's batch_run", times(found["mesa"], 1e3), " ms per run-month")
    yield middle(
        "Mesa's batch_run over this engine",
        over(found["mesa"], engine),
        " times",
        Target("at least", 400),
    )
    months = over(found["mesa months"], found["engine months"])
    yield middle("the same, months alone", months, " times")
    if "workbench" in found:
        ratios = over(found["workbench"], engine)
        yield middle("EMA workbench over this engine", ratios, " times")
    if "kernel" in found:
        yield from beside_kernel(found)


def beside_kernel(found: dict[str, list[float]]) -> Iterator[Figure]:
    """The engine's months against those in C, with the draws that both share and without."""
    yield middle(
        "C, with the same draws", times(found["kernel months"], MICRO), " us per run-month"
    )
    yield middle("C, kernel alone", times(found["kernel"], MICRO), " us per run-month")
    yield middle(
        "engine's months over C, draws in both",
        over(found["engine months"], found["kernel months"]),
        " times",
        Target("at most", 2.5),
    )
    rest = [m - d for m, d in zip(found["engine months"], found["draws"], strict=True)]
    yield middle(
        "engine's months less draws over kernel alone",
        over(rest, found["kernel"]),
        " times",
        Target("at most", 2.5),
    )


def checked_kernel(measurement: Measurement) -> Kernel:
    """The kernel, once it is shown to do what the engine does."""
    scenario, where = measurement.scenario, contenders.first_block(measurement.scenario)
    built = Kernel(scenario, prepare(compile_scenario(scenario), where))
    first = agreement(built, where, 1)
    last = agreement(built, where, scenario.horizon.months)
    measurement.note(
        f"C kernel: `{built.command}`, {built.lanes} runs a tile. Against the engine, after a "
        f"month {first.close:.1%} of the runs are the same but for rounding, after "
        f"{scenario.horizon.months} {last.same:.1%} (at least {LEAST_SHARE:.0%} asked)."
    )
    measurement.sound = min(first.close, last.same) >= LEAST_SHARE
    return built


def two_cores(measurement: Measurement) -> Iterator[Figure]:
    """Two processes against one."""
    if processes.cores() < 2:
        measurement.note("Left out, one core alone: two cores against one.")
        return
    found = processes.two_against_one(measurement.scenario, measurement.repeat)
    what = f"two cores over one, {processes.TWO_CORES_RUNS:,} runs"
    yield middle(what, found, " times", Target("at least", 1.8))


def with_size(measurement: Measurement) -> Iterator[Figure]:
    """Growth with runs and months."""
    for what, measure, sizes in (
        ("runs", growth.with_runs, growth.RUNS),
        ("months", growth.with_months, growth.MONTHS),
    ):
        with one_core():
            found = measure(measurement.scenario, measurement.repeat)
        yield fitted(
            f"exponent of cost in {what}, {sizes[0]} to {sizes[-1]:,}", found, Target("at most", 1)
        )


def with_actors(measurement: Measurement) -> Iterator[Figure]:
    """Growth with actors, all mechanisms and without those that sum over third parties."""
    first, last = growth.ACTORS[0], growth.ACTORS[-1]
    what = f"exponent of a month's cost in actors, {first} to {last}"
    with one_core():
        whole, square = growth.with_actors(measurement.repeat, growth.CUBIC)
    yield fitted(f"{what}, all mechanisms", whole)
    yield fitted(f"{what}, without the cubic ones", square, Target("at most", 2))
    measurement.note(
        f"Cubic in the actors, as they sum over third parties: {', '.join(growth.CUBIC)}. "
        f"Microseconds per run-month by actors, all tied to each other: {whole.by_size}; without "
        f"these mechanisms {square.by_size}."
    )


def start_up(measurement: Measurement) -> Iterator[Figure]:
    """Commands as processes."""
    for words, most in ((["--help"], 0.3), (["validate", measurement.name], 1.0)):
        found = processes.start_up(words, 2 * measurement.repeat + 1)
        yield middle(f"`alliance-sim {' '.join(words)}`", found, " s", Target("at most", most))


def memory(measurement: Measurement) -> Iterator[Figure]:
    """Peak memory of many runs."""
    months = measurement.scenario.horizon.months
    peak = processes.peak_memory(measurement.name)
    yield Figure(f"10,000 runs of {months} months, peak", peak, " GB", "", Target("at most", 2))


PARTS: dict[str, Callable[[Measurement], Iterator[Figure]]] = {
    "step": step,
    "cores": two_cores,
    "growth": with_size,
    "actors": with_actors,
    "start": start_up,
    "memory": memory,
}


def fitted(what: str, found: growth.Growth, target: Target | None = None) -> Figure:
    """A fitted exponent with its standard error."""
    between = found.exponent - 2 * found.error, found.exponent + 2 * found.error
    return Figure(what, found.exponent, "", f"± {found.error:.2f}", target, between)


def times(values: Sequence[float], factor: float) -> list[float]:
    """Values in another unit."""
    return [factor * value for value in values]


def over(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Ratios within each round."""
    return [a / b for a, b in zip(above, below, strict=True)]


def write(measurement: Measurement, figures: Sequence[Figure]) -> None:
    """Write the table into the documentation."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not ended:
        raise SystemExit(f"{PAGE} has no place for the table")
    notes = [f"- {note}" for note in measurement.notes]
    lines = [BEGIN, "", *described(measurement), "", *as_markdown(figures), "", *notes, "", END]
    PAGE.write_text(head + "\n".join(lines) + tail, encoding="utf-8")


def described(measurement: Measurement) -> list[str]:
    """What was measured, on what."""
    scenario = measurement.scenario
    return [f"{line}." for line in machine()] + [
        f"Scenario `{measurement.name}`: {len(scenario.world.actors)} actors, "
        f"{len(scenario.world.drivers)} drivers, {scenario.horizon.months} months, "
        f"{len(scenario.outcomes)} outcomes; {measurement.repeat} rounds."
    ]


def main() -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenario", default="us_exits_jcpoa")
    parser.add_argument("--repeat", type=int, default=7, help="rounds of the first part")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--update", action="store_true", help=f"write the table of {PAGE.name}")
    given = parser.parse_args()
    if given.update and given.only != list(PARTS):
        parser.error("--update writes the whole table; leave out --only")
    measurement = Measurement(given.scenario, al.load_scenario(given.scenario), given.repeat)
    figures: list[Figure] = []
    for name in given.only:
        print(f"measuring: {name}", file=sys.stderr)
        figures += PARTS[name](measurement)
    if given.json:
        print(json.dumps(as_object(measurement, figures), indent=2))
    else:
        print("\n".join([*described(measurement), "", as_text(figures)]))
    if given.update:
        write(measurement, figures)
    if not measurement.sound:
        print("the C kernel does not do what the engine does", file=sys.stderr)
    return 0 if measurement.sound else 1


def as_object(measurement: Measurement, figures: Sequence[Figure]) -> dict[str, object]:
    """Everything for ``--json``."""
    return {
        "machine": machine(),
        "scenario": measurement.name,
        "rounds": measurement.repeat,
        "sound": measurement.sound,
        "figures": [figure.as_json for figure in figures],
        "notes": measurement.notes,
    }


if __name__ == "__main__":
    sys.exit(main())
