"""What results say of how far their outcomes can be trusted, from what backtests found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alliance_sim.observations.skill import Skill
from alliance_sim.spec.observables import VOTES, observable_of
from alliance_sim.validation import KEY, NOT_VALIDATED

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.spec import Scenario

_ALIGNMENTS = ("alignment", "alignment_first", "alignment_last")


def validations(scenario: Scenario) -> dict[str, str]:
    """Outcome -> what is said of it, of every outcome that the scenario's world declares.

    Example:
        >>> import alliance_sim as al
        >>> validations(al.load_scenario("us_exits_jcpoa"))["alliance_type"]
        'not validated'
    """
    skill = Skill.read()
    declared = scenario.world.outcomes.items()
    return {name: skill.of(observable_of(outcome.measure)) for name, outcome in declared}


def of_alignment() -> str:
    """What is said of the alignment of any dyad."""
    return Skill.read().of(VOTES)


def labelled(ds: xr.Dataset, scenario: Scenario) -> xr.Dataset:
    """Results whose outcomes, alignments and relation classes say how far they are validated."""
    said = validations(scenario)
    said |= dict.fromkeys(_ALIGNMENTS, of_alignment()) | {"relation_class": NOT_VALIDATED}
    for name, text in said.items():
        if name in ds.data_vars:
            ds[name].attrs[KEY] = text
    return ds
