"""Signals: every reading of a situation, from numbers that can be told apart."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from alliance_sim.arrays import Floats, Situation
from alliance_sim.rules import signals
from alliance_sim.rules.signals import DyadArray, Signal


def square(offset: float) -> Floats:
    """Three actors, two runs; the first run reads offset + 0.1 i + 0.01 j."""
    i, j = np.indices((3, 3))
    first = offset + 0.1 * i + 0.01 * j
    return np.stack([first, first + 1], axis=-1)


@pytest.fixture
def now() -> Situation:
    state = SimpleNamespace(
        alignment=square(0),
        trust=square(10),
        coercion=square(20),
        threat=square(30),
        commitment=square(40),
        root_threat=np.array(
            [[[0.0, 0], [2, 1], [3, 5]], [[5, 1], [0, 0], [7, 2]], [[11, 1], [13, 1], [0, 0]]]
        ),
        arena=np.array([[0.25, 0.5], [0.75, 1.0]]),
        choice=np.array([[0.3, 0.6], [0.9, 0.2]]),
        cooperation=np.array(
            [[[0.1, 1], [0.2, 2], [0.4, 4]], [[0.8, 8], [1.6, 16], [3.2, 32]]],
        ),
    )
    circumstances = SimpleNamespace(
        presence=np.array([[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]]),
        capability=np.array([[0.2, 0.3], [0.5, 0.1], [0.3, 0.6]]),
        government=np.array([[0, 2], [1, 1]]),
        standing=np.array(
            [[[1.0, 1.0], [0.5, 0.5], [0.0, 1.0]], [[0.2, 0.2], [0.9, 0.1], [0.4, 0.6]]]
        ),
    )
    return cast(Situation, SimpleNamespace(state=state, circumstances=circumstances))


def reads(signal: Signal, now: Situation, *expected: float) -> None:
    assert signal(now).tolist() == pytest.approx(list(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "offset"),
    [("alignment", 0), ("trust", 10), ("coercion", 20), ("threat", 30), ("commitment", 40)],
)
def test_dyads_are_read_from_the_first_to_the_second_and_averaged(
    now: Situation, name: DyadArray, offset: float
) -> None:
    reads(signals.dyads(name, [(1, 2)]), now, offset + 0.12, offset + 1.12)
    reads(signals.dyads(name, [(2, 1)]), now, offset + 0.21, offset + 1.21)
    three = offset + (0.12 + 0.21 + 0.02) / 3
    reads(signals.dyads(name, [(1, 2), (2, 1), (0, 2)]), now, three, three + 1)


def test_common_threat_is_summed_over_all_and_averaged_over_dyads(now: Situation) -> None:
    # 0 and 1 share what each feels from 0, 1 and 2: 0 * 5 + 2 * 0 + 3 * 7.
    reads(signals.common_threat([(0, 1)]), now, 21, 10)
    # 1 and 2: 5 * 11 + 0 * 13 + 7 * 0
    reads(signals.common_threat([(1, 2)]), now, 55, 1)
    reads(signals.common_threat([(0, 1), (1, 2)]), now, 38, 5.5)


def test_arena_is_its_level(now: Situation) -> None:
    reads(signals.arena(1), now, 0.75, 1.0)


def test_cooperation_is_the_mean_over_pairs_and_domains(now: Situation) -> None:
    reads(signals.cooperation([2], [1]), now, 3.2, 32)
    reads(signals.cooperation([0, 2], [0]), now, 0.25, 2.5)
    reads(signals.cooperation([0, 2], [0, 1]), now, 4.5 / 4, 45 / 4)


def test_presence_of_a_group_is_its_mean(now: Situation) -> None:
    reads(signals.presence([1], 0), now, 0.5, 0.6)
    reads(signals.presence([0, 1], 1), now, 0.5, 0.6)


def test_capability_of_a_group_is_its_sum(now: Situation) -> None:
    reads(signals.capability([1]), now, 0.5, 0.1)
    reads(signals.capability([0, 1, 2]), now, 1.0, 1.0)


def test_government_is_one_while_the_kind_is_in_office(now: Situation) -> None:
    reads(signals.government(0, 2), now, 0, 1)
    reads(signals.government(0, 0), now, 1, 0)
    reads(signals.government(1, 1), now, 1, 1)


def test_agreement_binds_as_firmly_as_its_least_bound_party(now: Situation) -> None:
    reads(signals.agreement(0, [0]), now, 1.0, 1.0)
    reads(signals.agreement(0, [0, 1, 2]), now, 0.0, 0.5)
    reads(signals.agreement(1, [1, 0]), now, 0.2, 0.1)


def test_choice_is_its_running_record(now: Situation) -> None:
    reads(signals.choice(0), now, 0.3, 0.6)
    reads(signals.choice(1), now, 0.9, 0.2)


def test_partners_are_counted_by_their_mean_exchange(now: Situation) -> None:
    # The first run exchanges 0.1, 0.2, 0.4 in one domain and 0.8, 1.6, 3.2 in the other.
    reads(signals.partners([0, 1, 2], [0], 0.15), now, 2, 3)
    reads(signals.partners([0, 1, 2], [1], 1.0), now, 2, 3)
    reads(signals.partners([0, 2], [1], 1.0), now, 1, 2)
    # Over both, 0.45, 0.9 and 1.8 in the first run, ten times as much in the second.
    reads(signals.partners([0, 1, 2], [0, 1], 1.0), now, 1, 3)
    reads(signals.partners([0, 1, 2], [0, 1], 5.0), now, 0, 2)


def test_a_tie_as_close_as_asked_for_counts(now: Situation) -> None:
    reads(signals.partners([0], [0], 0.1), now, 1, 1)
    reads(signals.partners([0], [0], 0.1 + 1e-9), now, 0, 1)


def test_nobody_is_a_partner_where_nothing_is_exchanged(now: Situation) -> None:
    # Not even from zero on: without a domain there is no exchange to count.
    reads(signals.partners([0, 1], [], 0.0), now, 0, 0)
    reads(signals.partners([], [0], 0.0), now, 0, 0)
    reads(signals.partners([0, 1], [0], 0.0), now, 2, 2)


def test_signals_of_signals(now: Situation) -> None:
    low, high = signals.arena(0), signals.arena(1)
    third = signals.capability([2])
    reads(signals.product([low, high, third]), now, 0.25 * 0.75 * 0.3, 0.5 * 0.6)
    reads(signals.minimum([high, low, third]), now, 0.25, 0.5)
    reads(signals.mean([low, high, third]), now, 1.3 / 3, 2.1 / 3)
    reads(signals.absence(high), now, 0.25, 0)
    reads(signals.rescaled(signals.dyads("alignment", [(2, 1)])), now, 1.21 / 2, 2.21 / 2)
    for of_one in (signals.product, signals.minimum, signals.mean):
        reads(of_one([high]), now, 0.75, 1.0)


def test_reading_changes_nothing(now: Situation) -> None:
    before = {name: np.copy(array) for name, array in vars(now.state).items()}
    for signal in (
        signals.dyads("alignment", [(0, 1), (1, 0)]),
        signals.common_threat([(0, 1), (1, 2)]),
        signals.cooperation([0, 1], [0, 1]),
        signals.choice(1),
        signals.partners([0, 1], [0, 1], 0.5),
        signals.product([signals.arena(0), signals.arena(1)]),
        signals.minimum([signals.arena(1), signals.arena(0)]),
        signals.mean([signals.arena(0), signals.arena(1)]),
    ):
        signal(now)
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(now.state, name), array)
