"""Two ways to run one rule book: whole arrays of runs, and agent by agent."""
