"""What came from outside in one run: interventions as they took hold, and elections."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_sim.arrays import Acts, Circumstances, Floats, Postures
from alliance_sim.program import Effect, Program
from alliance_sim.results import Event
from alliance_sim.step import Block

_RUN = 0  # the only one of its block


class Diary:
    """Notes what came from outside, month by month, in a block of a single run."""

    def __init__(self, block: Block) -> None:
        """Begin at the base date."""
        self.events: list[Event] = []
        self._month = 0
        self._known = _reading(block.program, block.situation.circumstances)
        self._shares = [0.0 for _ in block.program.effects]

    def weigh(self, block: Block, _: Floats, acts: Acts, postures: Postures | None) -> None:
        """Note what has changed since the month before."""
        now = _reading(block.program, block.situation.circumstances)
        elected = {place for place in now if place[0] == "government"}
        for number, (effect, share) in enumerate(block.timeline.progress):
            come = float(share[_RUN if len(share) > 1 else 0])
            if come == self._shares[number]:
                continue
            self._shares[number] = come
            for place in _places(block.program, effect):
                elected.discard(place)
                self._note(effect.id, effect.kind, place, now, come)
        for place in sorted(elected):
            if now[place] != self._known[place]:
                self._note("", "government", place, now, 1.0)
        self._known = now

    def _note(
        self,
        intervention: str,
        kind: str,
        place: tuple[str, ...],
        now: dict[tuple[str, ...], float | str],
        share: float,
    ) -> None:
        before, after = self._known[place], now[place]
        self.events.append(Event(self._month, intervention, kind, place[1:], before, after, share))

    def settle(self) -> None:
        """The month is over."""
        self._month += 1


def _places(program: Program, effect: Effect) -> list[tuple[str, ...]]:
    """What an effect sets, by name."""
    kind = "standing" if effect.kind == "doubt" else effect.kind
    return [(kind, *_named(program, kind, place)) for place in effect.places]


def _named(program: Program, kind: str, place: tuple[int, ...]) -> tuple[str, ...]:
    actors = program.actors
    axes: dict[str, tuple[Sequence[str], ...]] = {
        "coercion": (actors, actors),
        "presence": (actors, program.arenas),
        "arena": (program.arenas,),
        "standing": (program.agreements, actors),
        "capability": (actors,),
        "channel": (program.domains, [f"{actors[i]}-{actors[j]}" for i, j in program.pairs]),
        "government": ([actors[cabinet.actor] for cabinet in program.cabinets],),
    }
    return tuple(names[each] for names, each in zip(axes[kind], place, strict=True))


def _reading(program: Program, c: Circumstances) -> dict[tuple[str, ...], float | str]:
    """All circumstances that interventions set, and the governments in office, by name."""
    found: dict[tuple[str, ...], float | str] = {}
    arrays = {"arena": c.arena_mean}
    for effect in program.effects:
        for place, name in zip(effect.places, _places(program, effect), strict=True):
            if name[0] != "government":
                array = arrays[name[0]] if name[0] in arrays else getattr(c, name[0])
                found[name] = float(array[place][_RUN])
    for number, cabinet in enumerate(program.cabinets):
        kind = int(c.government[number, _RUN])
        found["government", program.actors[cabinet.actor]] = cabinet.kinds[kind]
    return found
