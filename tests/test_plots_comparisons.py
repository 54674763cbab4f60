"""Pictures of comparisons: what is drawn is what was compared."""

import json

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from alliance_sim import plots
from alliance_sim.analysis import comparison, summary, variance
from alliance_sim.errors import InputError
from alliance_sim.plots import ridgelines, style
from alliance_sim.results import Labels, OutcomeLabel, Record, dataset
from alliance_sim.rules.classes import CLASSES

RUNS, MONTHS, START = 80, 24, 6


def made(shift=0.0, still=0, title="The US leaves the nuclear deal", slow=1.0):
    """Noise, and from month 6 on a shift that grows in all but the first runs."""
    rng = np.random.default_rng(5)
    labels = Labels(
        actors=("iran", "russia"),
        actor_names=("Iran", "Russia"),
        outcomes=(
            OutcomeLabel("axis", "Strength of the axis", "index", "", (-1.0, 1.0), False, 0.05),
            OutcomeLabel("kind", "Kind of tie", "class", "", (0.0, 5.0), True),
        ),
        dyads=("iran->russia", "russia->iran"),
        pairs=("iran-russia",),
        parameters=(),
        classes=CLASSES,
        start="2018-05",
        months=MONTHS,
    )
    record = Record.empty(labels, RUNS)
    grown = np.clip(np.arange(MONTHS + 1) - START + 1, 0, None)[:, None] * 0.01 * shift * slow
    spread = rng.uniform(0.5, 1.5, RUNS)
    spread[:still] = 0
    record.outcomes[0] = 0.1 * rng.normal(size=(MONTHS + 1, RUNS)) + grown * spread
    record.outcomes[1] = record.classes[0] = 0
    record.alignment[:] = np.tanh(record.outcomes[0])
    record.first[:] = record.last[:] = 0
    about = {
        "title": title,
        "scenario_hash": title.encode().hex().ljust(32, "0"),
        "seed": 0,
        "runs": RUNS,
        "interventions": json.dumps([{"id": "withdrawal", "month": "2018-11"}]),
    }
    return dataset(record, labels, about)


BASE = made(title="Baseline")


def change(**options):
    return summary.paired(BASE, made(**options))


def several(labels, **options):
    """Effects of scenarios of growing size, run by run."""
    found = [change(shift=place + 1.0, title=each, **options) for place, each in enumerate(labels)]
    return comparison.stacked(found, {"scenario": labels})


def split():
    shifts = (1.0, 1.2, 0.4, 0.5)
    cells = [change(shift=each) for each in shifts]
    data = comparison.stacked(cells, {"theory": ["all mechanisms", "ties"], "replicate": [0, 1]})
    return variance.variance_split(data)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = dict(mpl.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


EVERY = {
    "fan": lambda ax: plots.effect_fan(made(shift=1.0), "axis", ax=ax, baseline=BASE),
    "alignment": lambda ax: plots.effect_fan(change(shift=1.0), "alignment", "iran-russia", ax),
    "ridgeline": lambda ax: plots.ridgeline(several(["one", "two"]), "axis", ax=ax),
    "variance": lambda ax: plots.variance_split(split(), ax=ax),
}


@pytest.mark.parametrize("name", EVERY)
def test_draws_on_the_given_axes_or_its_own_with_a_source(name):
    ax = Figure().add_subplot()
    assert EVERY[name](ax) is ax
    own = EVERY[name](None)
    words = own.figure.get_supxlabel()
    assert "seed 0" in words
    assert f"{RUNS} runs" in words
    assert "scenario" in words
    assert "[" in (own.get_xlabel() + own.get_ylabel())


def test_fan_shows_quantiles_and_mean_and_marks_divergence():
    ds = change(shift=1.0, still=10)
    ax = plots.effect_fan(ds, "axis")
    values = ds["axis"].to_numpy()
    lines = {
        colour: next(
            each
            for each in ax.lines
            if each.get_color() == colour and len(each.get_xdata()) == MONTHS + 1
        ).get_ydata()
        for colour in (style.BLUE, style.BLACK)
    }
    np.testing.assert_allclose(lines[style.BLUE], np.median(values, axis=0))
    np.testing.assert_allclose(lines[style.BLACK], values.mean(axis=0))
    marks = {each.get_markerfacecolor(): each for each in ax.lines if each.get_marker() == "^"}
    days = style.dates(ds)
    # Half of the runs are beyond 0.05 for good once the median of all is, by the growth above.
    lasting = int(np.flatnonzero(np.median(values, axis=0) > 0.05)[0])
    assert lasting > START
    assert list(marks["white"].get_xdata()) == [days[START]]
    assert list(marks[style.BLACK].get_xdata()) == [days[lasting]]
    texts = [each.get_text() for each in ax.get_legend().get_texts()]
    assert any(str(ds["month"].values[lasting])[:7] in each for each in texts)


def test_fan_refuses_what_is_no_effect_of_one_scenario():
    with pytest.raises(InputError, match="give its baseline too"):
        plots.effect_fan(BASE, "axis")
    with pytest.raises(InputError, match=r"choose one first, as in ds.isel\(scenario=0\)"):
        plots.effect_fan(several(["one", "two"]), "axis")
    with pytest.raises(InputError, match="'kind' is a relation class"):
        plots.effect_fan(change(shift=1.0), "kind")
    with pytest.raises(InputError, match="did you mean 'axis'"):
        plots.effect_fan(change(shift=1.0), "axes")


def test_ridges_end_where_their_runs_end_and_have_their_medians():
    ds = several(["one", "two", "three"])
    ax = plots.ridgeline(ds, "axis")
    last = ds["axis"].isel(month=-1)
    curves = [each for each in ax.lines if len(each.get_xdata()) > 100]
    for label, curve in zip(("one", "two", "three"), curves, strict=True):
        runs = last.sel(scenario=label).to_numpy()
        assert curve.get_xdata().min() >= runs.min()
        assert curve.get_xdata().max() <= runs.max()
    medians = [
        float(each.get_xdata()[0])
        for each in ax.lines
        if each.get_color() == style.BLACK and len(each.get_xdata()) == 2
    ]
    np.testing.assert_allclose(medians, last.median("run"))


def test_runs_that_did_not_move_are_a_spike_as_high_as_their_share():
    ds = several(["one"], still=20)
    ax = plots.ridgeline(ds, "axis")
    [spike] = [
        each
        for each in ax.lines
        if each.get_color() == style.VERMILLION and len(each.get_xdata()) == 2
    ]
    assert list(spike.get_xdata()) == [0, 0]
    [curve] = [each for each in ax.lines if len(each.get_xdata()) > 100]
    high = -min(curve.get_ydata())
    assert -min(spike.get_ydata()) / high == pytest.approx(0.25 / 0.75)
    assert "25% not moved" in [each.get_text() for each in ax.texts]
    assert curve.get_xdata().min() > 0  # a kernel alone would reach below zero


def test_density_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(size=20_000)
    x, y = ridgelines.density(values, (-3.0, 3.0))
    np.testing.assert_allclose(y, np.exp(-(x**2) / 2), atol=0.06)
    assert y.max() == 1


@pytest.mark.parametrize("theories", [1, 3])
def test_names_of_ridges_do_not_collide(theories):
    labels = [f"a_scenario_with_rather_a_long_name_number_{place}" for place in range(4)]
    names = ["all mechanisms", "dependence_under_coercion", "structural_balance"][:theories]
    cells = [
        change(shift=1.0 + i, still=5 * (i % 2), title=f"{i}{j}")
        for i in range(4)
        for j in range(theories)
    ]
    ax = plots.ridgeline(comparison.stacked(cells, {"scenario": labels, "theory": names}), "axis")
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [each.get_window_extent(renderer) for each in ax.get_yticklabels() + list(ax.texts)]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    width = ax.figure.get_window_extent().width
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)


def test_ridgeline_refuses_classes_and_unknown_names():
    for name in ("kind", "axes"):
        with pytest.raises(InputError, match=f"no numeric effect '{name}'; use one of: axis"):
            plots.ridgeline(several(["one"]), name)


def test_bars_are_the_shares_of_the_variance():
    found = split()
    ax = plots.variance_split(found)
    one = found.sel(outcome="axis").isel(month=-1)
    widths = [bars[0].get_width() for bars in ax.containers]
    expected = [max(0.0, 100 * float(one[f"share_{kind}"])) for kind in variance.COMPONENTS]
    np.testing.assert_allclose(widths, expected)
    assert "Axis, not validated" in [each.get_text() for each in ax.texts]


def test_variance_needs_a_split_that_is_named():
    with pytest.raises(InputError, match="was not split"):
        plots.variance_split(change(shift=1.0))
    both = comparison.stacked([split(), split()], {"scenario": ["one", "two"]})
    with pytest.raises(InputError, match="name one of: one, two"):
        plots.variance_split(both)
    with pytest.raises(InputError, match="no scenario 'three'"):
        plots.variance_split(both, "three")
    still = comparison.stacked([change(), change()], {"replicate": [0, 1]})
    with pytest.raises(InputError, match="no effect varies"):
        plots.variance_split(variance.variance_split(still))
