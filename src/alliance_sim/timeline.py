"""What is set from outside, month by month: interventions, elections and what they change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_sim.arrays import Circumstances, Floats, Ints, Parameters
from alliance_sim.program import NEVER, Cabinet, Draws, Effect, Precision, Program, full
from alliance_sim.rules import mechanisms


@dataclass(frozen=True)
class DatedEffect:
    """An effect with its values and first month in each run."""

    effect: Effect
    value: Floats
    """(r,) or (1,)."""
    begins: Floats
    """(r,) or (1,) first month in force, counted from the start of the horizon."""

    def share(self, month: int) -> Floats:
        """How far the effect has come by the end of a month, 0 to 1."""
        risen = np.clip((month - self.begins + 1) / self.effect.over_months, 0, 1)
        if self.effect.for_months is not None:
            risen = np.where(month >= self.begins + self.effect.for_months, 0.0, risen)
        return risen.astype(self.value.dtype)


def dated(effect: Effect, draws: Draws, uniforms: Draws, dtype: Precision) -> DatedEffect:
    """Draw when an effect begins and what it sets.

    A date within a range is uniform over its months; a hazard waits an exponential time.
    """
    timing = effect.timing
    begins = np.array([float(timing.earliest)])
    if timing.path is not None:
        u = uniforms[timing.path]
        if timing.hazard is None:
            begins = timing.earliest + np.floor(u * (timing.latest - timing.earliest + 1))
        else:
            monthly = np.broadcast_to(timing.hazard.draw(draws, np.float64), u.shape) / 12
            wait = np.full(u.shape, float(NEVER))
            np.divide(-np.log1p(-u), monthly, out=wait, where=monthly > 0)
            begins = timing.earliest + np.floor(np.minimum(wait, NEVER))
    return DatedEffect(effect, effect.value.draw(draws, dtype), begins)


class Timeline:
    """Circumstances of one block of runs, remade only in months when something changes."""

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        effects: list[DatedEffect],
        orientation: list[Floats],
        elections: dict[int, Floats],
        runs: int,
    ) -> None:
        """Set up the base circumstances.

        ``orientation`` holds (kind, j, r) for each cabinet; ``elections`` maps a cabinet's
        place to its election draws, (month, r).
        """
        self._program = program
        self._parameters = parameters
        self._effects = effects
        self._orientation = orientation
        self._elections = elections
        self._runs = runs
        self._dtype = parameters.tie.dtype
        self._shares = [np.zeros(1, self._dtype) for _ in effects]
        self._government: Ints = np.empty((len(program.cabinets), runs), dtype=np.int64)
        for place, cabinet in enumerate(program.cabinets):
            self._government[place] = cabinet.now
        begins = [np.broadcast_to(each.begins, (runs,)) for each in effects]
        order = np.argsort(np.array(begins).reshape(len(effects), runs), axis=0, kind="stable")
        self._rank = np.argsort(order, axis=0, kind="stable")
        self._dates_cross = bool(np.any(self._rank != np.arange(len(effects))[:, None]))
        self.now = self._circumstances()

    def advance(self, month: int) -> tuple[bool, Floats | None]:
        """Move to a month. Returns whether anything changed, and the agreements broken.

        Broken agreements are (i, j, r), 1 where j has just left one with i.
        """
        shares = [each.share(month) for each in self._effects]
        begun = [
            np.asarray((before == 0) & (after > 0))
            for before, after in zip(self._shares, shares, strict=True)
        ]
        voted = self._vote(month)
        forced = self._install(begun)
        moved = any(
            bool(np.any(before != after))
            for before, after in zip(self._shares, shares, strict=True)
        )
        if not (moved or voted or forced):
            return False, None
        broken = self._broken(begun)
        self._shares = shares
        self.now = self._circumstances()
        return True, broken

    @property
    def progress(self) -> list[tuple[Effect, Floats]]:
        """Every effect with how far it has come, (r,) or (1,), 0 to 1."""
        return [
            (each.effect, share) for each, share in zip(self._effects, self._shares, strict=True)
        ]

    def _vote(self, month: int) -> bool:
        """Hold the elections of a month."""
        held = False
        for place, cabinet in enumerate(self._program.cabinets):
            if month in cabinet.elections and cabinet.turnover is not None:
                draws = self._elections[place][month]
                winner = np.searchsorted(cabinet.turnover, draws, side="right")
                self._government[place] = np.minimum(winner, len(cabinet.kinds) - 1)
                held = True
        return held

    def _install(self, begun: list[Floats]) -> bool:
        """Put governments in office that interventions bring."""
        installed = False
        for each, starts in zip(self._effects, begun, strict=True):
            if each.effect.kind == "government" and starts.any():
                for (place,) in each.effect.places:
                    kind = each.value.astype(np.int64)
                    self._government[place] = np.where(starts, kind, self._government[place])
                installed = True
        return installed

    def _broken(self, begun: list[Floats]) -> Floats | None:
        """Which agreements have just been left, by whom, seen by the others."""
        broken: Floats | None = None
        for each, starts in zip(self._effects, begun, strict=True):
            if not (each.effect.breaks and starts.any()):
                continue
            if broken is None:
                n = self._parameters.actors
                broken = np.zeros((n, n, self._runs), self._dtype)
            for agreement, leaver in each.effect.places:
                standing = self.now.standing[agreement]
                for other in range(self._parameters.actors):
                    if other != leaver:
                        lost = starts * standing[other] * standing[leaver]
                        broken[other, leaver] = np.maximum(broken[other, leaver], lost)
        return broken

    def _circumstances(self) -> Circumstances:
        """Apply all effects, as far as they have come, to the base."""
        p = self._parameters
        base = {
            "coercion": p.coercion,
            "presence": p.presence,
            "arena": p.level,
            "standing": p.party,
            "capability": p.capability,
            "channel": p.channel,
        }
        for each, share in self._in_order():
            kind = "standing" if each.effect.kind == "doubt" else each.effect.kind
            if kind == "government":
                continue
            array = base[kind]
            if array is getattr(p, {"arena": "level", "standing": "party"}.get(kind, kind)):
                array = base[kind] = full(array, self._runs)
            for place in each.effect.places:
                array[place] = _moved(each.effect.kind, array[place], each.value, share)
        return self._derive(base)

    def _in_order(self) -> list[tuple[DatedEffect, Floats]]:
        """Effects with their shares, in the order in which they begin in each run.

        Later ones act on what earlier ones left. Where dates cross between runs, every effect
        stands once for each rank, with no share in the runs where it has another rank.
        """
        pairs = list(zip(self._effects, self._shares, strict=True))
        if not self._dates_cross:
            return pairs
        return [
            (each, np.where(self._rank[place] == rank, share, 0).astype(self._dtype))
            for rank in range(len(pairs))
            for place, (each, share) in enumerate(pairs)
        ]

    def _derive(self, base: dict[str, Floats]) -> Circumstances:
        p = self._parameters
        behaviour = p.behaviour
        return Circumstances(
            coercion=base["coercion"],
            reach=mechanisms.reach(p.proximity, base["presence"], p.arena_proximity),
            capability=base["capability"],
            power=mechanisms.power(
                base["capability"],
                behaviour["threat_capability_exponent"],
                behaviour["threat_reference_capability"],
            ),
            channel=base["channel"],
            presence=base["presence"],
            standing=base["standing"],
            agreed_depth=self._agreed_depth(base["standing"]),
            arena_mean=np.clip(base["arena"], 0, 1),
            government=self._government.copy(),
            orientation=self._leaning(),
        )

    def _agreed_depth(self, standing: Floats) -> Floats:
        """Depth that agreements in force add to each dyad of parties."""
        n = self._parameters.actors
        total = np.zeros((n, n, 1), self._dtype)
        for place in range(standing.shape[0]):
            both = standing[place][:, None, :] * standing[place][None, :, :]
            total = total + both * self._parameters.depth[place]
        return total

    def _leaning(self) -> Floats:
        """Leaning of the governments in office towards each other actor."""
        n = self._parameters.actors
        if not self._program.cabinets:
            return np.zeros((n, n, 1), self._dtype)
        out = np.zeros((n, n, self._runs), self._dtype)
        for place, (cabinet, table) in enumerate(
            zip(self._program.cabinets, self._orientation, strict=True)
        ):
            out[cabinet.actor] = _in_office(cabinet, table, self._government[place])
        return out


def _moved(kind: str, value: Floats, target: Floats, share: Floats) -> Floats:
    """A value as far as an effect has moved it."""
    if kind == "arena":
        return value + target * share
    if kind == "doubt":
        return value * (1 - target * share)
    return value + (target - value) * share


def _in_office(cabinet: Cabinet, table: Floats, government: Ints) -> Floats:
    """Leaning (j, r) of the kind in office in each run."""
    out = np.zeros((table.shape[1], government.shape[0]), table.dtype)
    for kind in range(len(cabinet.kinds)):
        out = np.where(government == kind, table[kind], out)
    return out
