"""The C kernel of the month: written for a scenario, built, and run beside the engine.

It takes a block as the engine prepares it and the same streams of random numbers, and steps it
in single precision, many runs at once. What comes from outside (interventions, elections) stays
with the block's timeline, for both.
"""

from __future__ import annotations

import ctypes
import tempfile
import time
from pathlib import Path

import kernel_inputs as given
import numpy as np
import numpy.typing as npt
from c_compiler import FLAGS, LINKING, compile_c, compiler, tuning_flags, widest
from c_text import Text
from kernel_inputs import Rows

from alliance_sim.engines.blocks import Lanes
from alliance_sim.spec import Scenario
from alliance_sim.step import Block, begin_month

HERE = Path(__file__).parent
MONTHS_AT_ONCE = 12
"""Months of draws taken together, as the engine takes them."""


class Layout:
    """Where everything is: places in a tile, or, if the same in all runs, in a list of numbers."""

    def __init__(self) -> None:
        self.tile: dict[str, tuple[int, int]] = {}
        """Name -> first place in a tile and number of places."""
        self.world: dict[str, tuple[int, int]] = {}
        """The same for what is no different from run to run."""
        self.macros: list[str] = []
        self._sizes = {"t": 0, "w": 0}

    def add(self, name: str, places: int, shared: bool, lone: bool = False) -> None:
        """Give room to an array; a lone number is called by its name alone."""
        start = self._sizes["w" if shared else "t"]
        self._sizes["w" if shared else "t"] += places
        (self.world if shared else self.tile)[name] = (start, places)
        index = f"{start}" if lone else f"{start} + (x)"
        call = name if lone else f"{name}(x)"
        self.macros.append(f"#define {call} {f'splat(w[{index}])' if shared else f't[{index}]'}")

    def square(self, name: str, actors: int) -> None:
        """Give room to an array over ordered pairs of actors."""
        start = self._sizes["t"]
        self._sizes["t"] += actors**2
        self.tile[name] = (start, actors**2)
        self.macros.append(f"#define {name}(i, j) t[{start} + (i) * {actors} + (j)]")

    @property
    def places(self) -> int:
        """Places of a tile."""
        return self._sizes["t"]

    @property
    def numbers(self) -> int:
        """Numbers that are the same in all runs."""
        return self._sizes["w"]


class Kernel:
    """The month of one scenario in C."""

    def __init__(
        self, scenario: Scenario, block: Block, lanes: int | None = None, effort: str = "-O3"
    ) -> None:
        """Write and build it; what is the same in all runs of ``block`` becomes one number.

        ``lanes`` are the runs of a tile; as many as fit in a vector, unless said otherwise.
        """
        self._tuning = tuning_flags()
        self.lanes = lanes or widest(self._tuning)
        self.program = block.program
        self.text = Text(scenario, block.program)
        self.layout = self._lay_out(block)
        self._library = self._build(block, effort)

    def _lay_out(self, block: Block) -> Layout:
        layout, program = Layout(), block.program
        touched = {
            name for effect in program.effects for name in given.TOUCHED.get(effect.kind, ())
        }
        if program.cabinets:
            touched |= {"government", "orientation"}
        for name, rows in (given.fixed(block, self.text) | given.circumstances(block)).items():
            layout.add(name, len(rows), name not in touched and _is_shared(rows), _lone(name))
        for name, rows in given.state(block).items():
            layout.add(name, len(rows), shared=False)
        n, pairs = len(program.actors), len(program.pairs)
        exchange = len(self.text.slots) * len(program.domains)
        own = {"align": 2 * pairs, "coercion": 2 * pairs, "threat": 2 * pairs, "lean": 2 * pairs}
        own |= {"level": 2 * pairs, "commitment": pairs, "issue": pairs}
        own |= {"exposed": n, "isolation": n, "desire": exchange, "capacity": exchange}
        own |= {"reading0": len(program.drivers), "input0": len(program.pushes)}
        own |= {"target": len(program.arenas), "drift": len(program.arenas)}
        own |= {"inclination": len(program.choices)}
        for name, places in own.items():
            layout.add(name, places, shared=False)
        for name in ("square_a", "square_v", "square_q", "square_h", "square_r"):
            layout.square(name, n)
        for name in ("mixed", "feuds", "common"):
            layout.square(name, n)
        return layout

    def _build(self, block: Block, effort: str) -> ctypes.CDLL:
        world = [f"#define LANES {self.lanes}", f"#define PLACES {self.layout.places}"]
        world += [*given.header(block, self.text), *self.layout.macros, ""]
        flags = [effort, *FLAGS, *self._tuning]
        self.command = " ".join([Path(compiler()).name, *flags])
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "world.h").write_text("\n".join(world), encoding="utf-8")
            (folder / "forces.h").write_text(str(self.text), encoding="utf-8")
            made, target = str(folder / "month.o"), str(folder / "month.so")
            code = str(HERE / "month.c")
            compile_c([*flags, f"-I{folder}", f"-I{HERE}", "-c", code, "-o", made])
            compile_c([*LINKING, made, "-o", target])
            return ctypes.CDLL(target)  # stays loaded when its file is gone

    def load(self, block: Block) -> Tiles:
        """A block in tiles, at its base date."""
        return Tiles(self, block)

    def run(self, block: Block, where: Lanes) -> Tiles:
        """All months of a block."""
        tiles = self.load(block)
        tiles.run(where)
        return tiles


class Tiles:
    """A block of runs in tiles, ready to step."""

    def __init__(self, kernel: Kernel, block: Block) -> None:
        self._kernel, self._block, self._layout = kernel, block, kernel.layout
        self.runs = block.situation.state.y.shape[-1]
        if self.runs % kernel.lanes:
            raise ValueError(f"{self.runs} runs do not fill tiles of {kernel.lanes}")
        self._count = self.runs // kernel.lanes
        self._tiles = _aligned(self._count * self._layout.places * kernel.lanes)
        self._world = np.zeros(self._layout.numbers + 1, np.float32)
        self.seconds = 0.0
        """Spent in the months themselves, draws and what comes from outside left out."""
        self._put(given.fixed(block, kernel.text))
        self._put({"level": given.Places(block.program).sides(block.parameters.trust)})
        self._put(given.state(block))
        self._put(given.circumstances(block))
        self._call("observe")
        self._call("read_base")

    def run(self, where: Lanes, months: int | None = None) -> None:
        """So many months, or all, with the chance of these runs."""
        program = self._block.program
        sides = [pair for i, j in program.pairs for pair in ((i, j), (j, i))]
        names = [f"{program.keys[i]}->{program.keys[j]}" for i, j in sides]
        streams = (
            where.uniforms("decision", names),
            where.uniforms("arena", program.arenas),
            where.uniforms("choice", [choice.id for choice in program.choices]),
        )
        end = program.months if months is None else months
        for start in range(0, end, MONTHS_AT_ONCE):
            count = min(MONTHS_AT_ONCE, end - start)
            self._stretch(start, [np.ascontiguousarray(u.take(count)) for u in streams])

    def _stretch(self, start: int, draws: list[npt.NDArray[np.floating]]) -> None:
        """Some months on: in one go from one change of circumstances to the next."""
        begun, moved, count = 0, False, len(draws[0])
        for month in range(count + 1):
            changed = month < count and self._changes(start + month, draws, begun, month, moved)
            if changed or month == count:
                if not changed:
                    self._step(draws, begun, month, moved)
                begun, moved = month, changed

    def _changes(
        self,
        number: int,
        draws: list[npt.NDArray[np.floating]],
        begun: int,
        month: int,
        moved: bool,
    ) -> bool:
        """Whether circumstances change with a month; the months before are then stepped."""
        block = self._block
        state, before = block.situation.state, block.situation.circumstances.arena_mean
        nothing = state.wronged = np.zeros((1, 1, 1), np.float32)
        changed = begin_month(block, number)
        broken = state.wronged is not nothing
        if changed or broken:
            breached = block.breached
            block.breached = breached and not broken
            self._step(draws, begun, month, moved)
            block.breached = breached
            self._put(given.circumstances(block, before))
        if broken:
            share = given.Places(block.program).sides(state.wronged)
            self._put({"wronged": 1 - (1 - self.get("wronged")) * (1 - share)})
        if changed or broken:
            self._call("observe")
        return changed or broken

    def _step(
        self, draws: list[npt.NDArray[np.floating]], begun: int, end: int, moved: bool
    ) -> None:
        if end == begun:
            return
        pointers = [_pointer(each[begun:end]) for each in draws]
        clock = time.perf_counter()
        self._call(
            "months",
            *pointers,
            ctypes.c_long(self.runs),
            ctypes.c_long(end - begun),
            int(moved),
            int(self._block.breached),
        )
        self.seconds += time.perf_counter() - clock

    def _call(self, name: str, *arguments: object) -> None:
        function = getattr(self._kernel._library, name)
        count = ctypes.c_long(self._count)
        function(_pointer(self._tiles), count, _pointer(self._world), *arguments)

    def _put(self, arrays: dict[str, Rows]) -> None:
        for name, array in arrays.items():
            if name in self._layout.world:
                start, places = self._layout.world[name]
                if not _is_shared(array):
                    raise ValueError(f"{name} differs from run to run; build the kernel anew")
                self._world[start : start + places] = array[:, 0]
            else:
                start, places = self._layout.tile[name]
                self._copy("put", start, _wide(array, self.runs), places)

    def get(self, name: str) -> Rows:
        """An array back from the tiles, (place, r)."""
        start, places = self._layout.tile[name]
        out = np.empty((places, self.runs), np.float32)
        self._copy("get", start, out, places)
        return out

    def _copy(self, way: str, start: int, rows: Rows, places: int) -> None:
        function = getattr(self._kernel._library, way)
        numbers = [ctypes.c_long(x) for x in (self._count, start, places, self.runs)]
        count, first, many, runs = numbers
        function(_pointer(self._tiles), count, first, _pointer(rows), many, runs)

    @property
    def state(self) -> dict[str, Rows]:
        """The state as it now is."""
        return {name: self.get(name) for name in given.STATE}


def _aligned(size: int) -> Rows:
    """Zeros at an address that vectors of any width like."""
    spare = 64
    room = np.zeros(size + spare, np.float32)
    skip = -room.ctypes.data % 256 // room.itemsize
    return room[skip : skip + size]


def _pointer(array: npt.NDArray[np.floating]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _is_shared(rows: Rows) -> bool:
    """Whether every run has the same."""
    return bool(np.all(rows == rows[:, :1]))


def _lone(name: str) -> bool:
    """Whether it is one number rather than an array."""
    return name.startswith("m_") or name in {
        "responsiveness",
        "own_share",
        "reversion",
        "anchor_adaptation",
        "anchor_return",
        "trust_rise",
        "trust_fall",
        "coercion_response",
        "coercion_decay",
        "commitment_response",
        "commitment_decay",
        "persistence",
        "trust_rate",
        "slack_of_gaps",
    }


def _wide(rows: Rows, runs: int) -> Rows:
    return np.ascontiguousarray(np.broadcast_to(rows, (len(rows), runs)), np.float32)
