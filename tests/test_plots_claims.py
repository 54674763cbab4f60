"""Claims as a forest plot: what is drawn is what was judged, and 72 rows can be read."""

import itertools

import numpy as np
import pytest
from datasets import judged
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from alliance_sim import plots
from alliance_sim.errors import InputError
from alliance_sim.plots import claims

VERDICTS = ("supported", "leaning", "no effect", "contradicted", "untestable")


def all_claims(number=72):
    return judged(tuple(VERDICTS[k % 5] for k in range(number)))


def drawn(ax):
    """Row -> low end, mean and high end."""
    found = {}
    for line in ax.lines:
        x, y = line.get_xdata(), line.get_ydata()
        if len(set(y)) == 1 and line.get_transform() == ax.transData:
            found.setdefault(int(y[0]), []).extend(x)
    return {row: (min(x), x[-1], max(x)) for row, x in found.items()}


def test_effects_count_in_smallest_effects_of_interest():
    report = judged()
    rows = drawn(plots.forest(report))
    for place, claim in enumerate(report["claims"][:4]):
        effect = claim["outcomes"][0]["effect"]
        expected = [effect[key] / 0.02 for key in ("q05", "mean", "q95")]
        np.testing.assert_allclose(rows[place], expected)
    assert 4 not in rows  # untestable: nothing to draw


def test_the_outcome_that_decides_is_shown():
    report = judged(("leaning",))
    one = report["claims"][0]["outcomes"][0]
    strong = {**one, "verdict": "supported", "effect": {"mean": 9.0, "q05": 8.0, "q95": 10.0}}
    small = {**one, "effect": {"mean": 0.05, "q05": 0.04, "q95": 0.06}}
    report["claims"][0]["outcomes"] = [strong, one, small]
    np.testing.assert_allclose(drawn(plots.forest(report))[0], (2.0, 2.5, 3.0))


def test_a_claim_about_classes_has_no_effect():
    report = judged(("supported",))
    report["claims"][0]["expected"] = "class"
    report["claims"][0]["outcomes"][0]["effect"]["mean"] = 0.93
    ax = plots.forest(report)
    assert drawn(ax) == {}
    assert "in the classes named in 93% of runs" in [each.get_text() for each in ax.texts]


@pytest.mark.parametrize("own", [True, False])
def test_no_two_texts_of_72_rows_touch_and_none_is_cut_off(own):
    whole = None if own else Figure(figsize=(9, 16), layout="constrained")
    ax = plots.forest(all_claims(), None if own else whole.add_subplot())
    whole = ax.get_figure(root=True)
    canvas = FigureCanvasAgg(whole)
    canvas.draw()
    ink = canvas.get_renderer()
    texts = [*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), *ax.get_legend().get_texts()]
    boxes = [each.get_window_extent(ink) for each in texts if each.get_text()]
    assert len(boxes) > 150
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    inside = whole.bbox
    assert all(inside.x0 <= b.x0 and b.x1 <= inside.x1 for b in boxes)
    assert all(inside.y0 <= b.y0 and b.y1 <= inside.y1 for b in boxes)


def test_verdicts_differ_in_shape_and_in_grey():
    looks = claims.VERDICT_STYLES
    assert len({look.marker for look in looks.values()}) == len(looks)
    grey = {name: np.dot(to_rgb(look.face), (0.299, 0.587, 0.114)) for name, look in looks.items()}
    assert grey["leaning"] - grey["supported"] > 0.3


@pytest.mark.parametrize(
    "given", [None, 3, "C01", [], {}, {"claims": []}, [{"id": "C01"}], {"claims": [3]}]
)
def test_what_are_no_claims_is_refused(given):
    with pytest.raises(InputError, match="no judged claims"):
        plots.forest(given)


@pytest.mark.parametrize(
    ("key", "value"),
    [("verdict", "fine"), ("statement", None), ("outcomes", {}), ("outcomes", [{"effect": 1}])],
)
def test_rows_that_lack_something_are_refused(key, value):
    report = judged()
    report["claims"][0][key] = value
    with pytest.raises(InputError, match="no judged claims"):
        plots.forest(report)


def test_all_forms_of_a_report_are_the_same():
    class Report:
        def as_json(self):
            return judged()

    first, *others = (
        drawn(plots.forest(each)) for each in (judged(), Report(), judged()["claims"])
    )
    assert all(each == first for each in others)
