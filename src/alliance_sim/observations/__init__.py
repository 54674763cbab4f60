"""What can be observed of relations: reading it, what it says of the model, and how it is tracked.

- :mod:`~alliance_sim.observations.tables` reads tidy files into :class:`Observations`;
- :mod:`~alliance_sim.observations.sampling` says how exact a year's votes are;
- :mod:`~alliance_sim.observations.model` is how a relation shows in what is observed;
- :mod:`~alliance_sim.observations.parameters` reads its numbers, which are uncertain;
- :mod:`~alliance_sim.observations.filtering` tracks what the model leaves open, and forecasts;
- :mod:`~alliance_sim.observations.fitting` fits the model to a panel by maximum likelihood.
"""
