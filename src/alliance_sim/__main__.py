"""``python -m alliance_sim`` is ``alliance-sim``."""

import sys


def main() -> None:
    """The command line; Ctrl-C ends it with a message while its imports are still under way too."""
    try:
        from alliance_sim.cli import app

        app(prog_name="alliance-sim")
    except KeyboardInterrupt:
        print("interrupted; nothing was done yet", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
