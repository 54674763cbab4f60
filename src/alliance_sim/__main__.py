"""``python -m alliance_sim`` is ``alliance-sim``."""

from alliance_sim.cli import app

if __name__ == "__main__":
    app(prog_name="alliance-sim")
