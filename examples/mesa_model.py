"""The same model agent by agent: who took which posture, month by month, in one run.

python examples/mesa_model.py
"""

from __future__ import annotations

from mesa.datacollection import DataCollector

import alliance_sim as al


def main(months: int = 12) -> None:
    """Step one run of the ensemble as a Mesa model."""
    model = al.AllianceModel(al.load_scenario("us_exits_jcpoa"), seed=7, run=3)
    iran = next(agent for agent in model.agents if agent.actor == "iran")
    own = DataCollector({"to_russia": lambda m: iran.alignment("russia")})
    for _ in range(months):
        model.step()
        own.collect(model)
        print(model.month, iran.posture("russia"), iran.posture("united_states"))
    print(own.get_model_vars_dataframe().round(3).tail(3))
    print(model.datacollector.get_model_vars_dataframe().round(3).tail(3))


if __name__ == "__main__":
    main()
