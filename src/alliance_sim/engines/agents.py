"""The same model agent by agent: a Mesa model whose states perceive, decide and act.

Run r of the ensemble and a model of run r are the same trajectory, bit for bit: both call
the functions of ``step``, the ensemble for all actors at once, an agent for its own row.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim import rng
from alliance_sim.arrays import Acts, Floats, Postures
from alliance_sim.compile import compile_scenario, labels_of
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, parameter_draws, prepare
from alliance_sim.engines.recording import record_month
from alliance_sim.results import Labels, Record
from alliance_sim.rules.decision import LADDER
from alliance_sim.step import (
    Noise,
    act,
    acts_of,
    begin_month,
    decide,
    finish_month,
    observe_relations,
    observe_threats,
    perceive,
    read_drivers,
    settle_arenas,
    settle_choice,
    settle_exchange,
)

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

_start_method = multiprocessing.get_start_method(allow_none=True)
import mesa  # noqa: E402 - Mesa 3.3 sets the process-wide start method when it is imported
from mesa.datacollection import DataCollector  # noqa: E402

if multiprocessing.get_start_method(allow_none=True) != _start_method:
    multiprocessing.set_start_method(_start_method, force=True)


class StateAgent(mesa.Agent):
    """A state: perceives the others, decides a posture towards each, and acts."""

    model: AllianceModel

    def __init__(self, model: AllianceModel, actor: str) -> None:
        """Place an agent at its row of the model's arrays."""
        super().__init__(model)
        self.actor = actor
        self._place = model.actors.index(actor)
        self._row = slice(self._place, self._place + 1)
        self._utility: Floats = np.empty(0)

    def observe_relations(self) -> None:
        """See how one's relations now stand."""
        observe_relations(self.model.block, self._row)

    def observe_threats(self) -> None:
        """See who threatens, and how isolated one is."""
        observe_threats(self.model.block, self._row)

    def perceive(self) -> None:
        """Weigh how useful a closer posture to each other actor would be."""
        self._utility = perceive(self.model.block, self._row)

    def decide(self) -> None:
        """Choose a posture towards each other actor."""
        self.model.postures[self._row] = decide(
            self.model.block, self._utility, self.model.noise.decisions[self._row], self._row
        )
        for place, choice in enumerate(self.model.block.program.choices):
            if choice.actor == self._place:
                self.model.choices[place] = settle_choice(
                    self.model.block, place, self.model.noise.choices[place]
                )

    def act(self) -> None:
        """Let all postures take effect on what is one's own."""
        model = self.model
        act(model.block, model.acts, model.noise.decisions[self._row], self._row)

    def posture(self, other: str) -> str:
        """Posture towards another actor in the last month; before the first, to hold."""
        return LADDER[int(self.model.postures[self._place, self.model.actors.index(other), 0])]

    def alignment(self, other: str) -> float:
        """Alignment to another actor, -1 to 1."""
        place = self.model.actors.index(other)
        return float(self.model.block.situation.state.alignment[self._place, place, 0])

    def trust(self, other: str) -> float:
        """Belief that another actor keeps its word, 0 to 1."""
        place = self.model.actors.index(other)
        return float(self.model.block.situation.state.trust[self._place, place, 0])


class AllianceModel(mesa.Model):
    """One run of a scenario as a Mesa model.

    Args:
        scenario: a checked scenario.
        seed: seed of the ensemble; 0 is a seed like any other.
        run: number of the run within the ensemble, from 0.

    ``step()`` simulates a month; ``running`` turns False at the horizon and further steps do
    nothing. ``agents`` are the states. ``datacollector`` collects the declared outcomes;
    ``outcome(name)`` reads one now, for collectors of your own.

    Example:
        >>> import alliance_sim as al
        >>> model = al.AllianceModel(al.load_scenario("baseline_2018"), seed=7, run=3)
        >>> model.step()
        >>> len(list(model.agents))
        14
    """

    def __init__(self, scenario: Scenario, seed: int = 0, run: int = 0) -> None:
        """Set up the run at its base date."""
        if run < 0 or seed < 0:
            raise ValueError(f"seed {seed} and run {run} count from 0")
        super().__init__(rng=int(seed))
        self.spec = scenario
        program = compile_scenario(scenario)
        lane = run % rng.BLOCK
        where = Lanes(int(seed), run // rng.BLOCK, slice(lane, lane + 1), scenario.sampling)
        drawn = parameter_draws(program, where)
        self.actors = program.actors
        self.block = prepare(program, where, drawn=drawn)
        self.month = 0
        hold = LADDER.index("hold")
        self.postures: Postures = np.full((len(self.actors),) * 2 + (1,), hold, dtype=np.int8)
        self.choices: list[Floats] = [np.empty(0)] * len(program.choices)
        self.acts: Acts
        self.noise: Noise
        self._coming: Iterator[Noise] = noise.monthly(program, where)
        self._limits = {name: table.draw(drawn[0]) for name, table in program.class_limits.items()}
        self._labels: Labels = labels_of(scenario)
        self._record = Record.empty(self._labels, 1)
        for actor in self.actors:
            StateAgent(self, actor)
        record_month(self.block, self._record, 0, self._limits)
        names = [label.id for label in self._labels.outcomes]
        self.datacollector = DataCollector({name: _reader(name) for name in names})
        self.datacollector.collect(self)

    @property
    def record(self) -> Record:
        """What has been recorded so far, as the ensemble records it, with one run."""
        return self._record

    def outcome(self, name: str) -> float:
        """A declared outcome now."""
        names = [label.id for label in self._labels.outcomes]
        return float(self._record.outcomes[names.index(name), self.month, 0])

    def step(self) -> None:
        """One month: all states decide on the same situation, then all acts take effect."""
        if self.month >= self.block.program.months:
            self.running = False
            return
        block, states = self.block, self.agents
        self.noise = next(self._coming)
        mean_before = block.situation.circumstances.arena_mean
        if begin_month(block, self.month):
            self._observe()
        read_drivers(block)
        states.do("perceive")
        states.do("decide")
        self.acts = acts_of(block, self.postures)
        exchange = settle_exchange(block, self.noise.decisions)
        arenas = settle_arenas(block, self.noise.arenas, mean_before)
        states.do("act")
        finish_month(block, exchange, arenas, self.choices)
        self._observe()
        self.month += 1
        self.running = self.month < block.program.months
        record_month(block, self._record, self.month, self._limits)
        self.datacollector.collect(self)

    def _observe(self) -> None:
        """Let every state see the new situation: relations first, threats follow from them."""
        self.agents.do("observe_relations")
        self.agents.do("observe_threats")


def _reader(name: str) -> Any:
    """A reporter of one outcome."""
    return lambda model: model.outcome(name)
