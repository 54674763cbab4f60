"""A self-contained page from results: what was asked, what came out, what it rests on.

It opens offline and needs nothing beside it: pictures and style are inside, and no script runs.
"""

from __future__ import annotations

from alliance_sim.report.page import page, write

__all__ = ["page", "write"]
