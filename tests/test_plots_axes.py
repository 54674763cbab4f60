"""Pictures on axes of others: complete and readable, whatever lays out the figure."""

import io
import itertools
import json
import warnings
from functools import cache

import numpy as np
import pytest
from datasets import explained, judged, made, moved, searched, split, stacked, swung
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from alliance_sim import plots
from alliance_sim.analysis import comparison, summary
from alliance_sim.errors import InputError
from alliance_sim.plots import style

MARKS = json.dumps(
    [
        {"id": "withdrawal", "month": "2018-06"},
        {"id": "sanctions_back", "month": "2018-08", "until": "2018-11"},
    ]
)
DS, BASE = moved(0.2).assign_attrs(interventions=MARKS), made()
LONG = stacked((0.2, 0.4), scenario=["us_exits_jcpoa", "us_intervenes_syria"])
NAMED = LONG.assign_attrs(
    scenarios=json.dumps(
        {
            "us_exits_jcpoa": {"title": "The US leaves the nuclear deal"},
            "us_intervenes_syria": {"title": "The US intervenes in Syria"},
        }
    )
)
NAMES = {
    "axis": "Strength of the axis",
    "arms": "Arms delivered",
    "kind": "Kind of tie",
}
UNITS = {"axis": "index", "arms": "million TIV", "kind": "class"}


def named_split():
    """A split as a comparison holds it, with names and units."""
    found = split()
    for name, known in (("outcome_name", NAMES), ("unit", UNITS)):
        values = [known.get(str(each), "index") for each in found["outcome"].to_numpy()]
        found = found.assign_coords({name: ("outcome", values)})
    return found


EVERY = {
    "fan": lambda ax: plots.fan(DS, "axis", ax=ax, baseline=BASE),
    "effect_fan": lambda ax: plots.effect_fan(DS, "axis", ax=ax, baseline=BASE),
    "classes": lambda ax: plots.classes(DS, "kind", ax=ax),
    "horizon": lambda ax: plots.horizon(DS, "arms", ax=ax, baseline=BASE),
    "horizon_classes": lambda ax: plots.horizon(DS, "kind", ax=ax, baseline=BASE),
    "effects": lambda ax: plots.effects(DS, BASE, ax=ax),
    "network": lambda ax: plots.network(DS, ax=ax),
    "matrix": lambda ax: plots.matrix(DS, ax=ax),
    "ridgeline": lambda ax: plots.ridgeline(NAMED, "axis", ax=ax),
    "variance_split": lambda ax: plots.variance_split(named_split(), ax=ax),
    "attribution": lambda ax: plots.attribution(explained(), ax=ax),
    "tornado": lambda ax: plots.tornado(swung(), ax=ax, most=3),
    "influence": lambda ax: plots.influence(swung(), ax=ax),
    "conditions": lambda ax: plots.conditions(searched(), ax=ax),
    "forest": lambda ax: plots.forest(judged(), ax),
}
LAYOUTS = {
    "plain": ({}, 1),
    "constrained": ({"layout": "constrained"}, 1),
    "two": ({"layout": "constrained", "figsize": (11, 4.5)}, 2),
}


@cache
def drawn(name, layout="plain"):
    """The axes and a renderer, everything laid out; drawn once, as tests only look at it."""
    options, columns = LAYOUTS[layout]
    whole = Figure(**options)
    canvas = FigureCanvasAgg(whole)
    axes = whole.subplots(1, columns, squeeze=False)[0]
    for ax in axes:
        EVERY[name](ax)
    canvas.draw()
    return axes[0], canvas.get_renderer()


def boxes(ax, ink):
    """What is written beside the legend: text -> where."""
    ticks = [each for axis in (ax.xaxis, ax.yaxis) for each in axis._update_ticks()]
    texts = [*ax.texts, *(each.label1 for each in ticks), ax.xaxis.label, ax.yaxis.label]
    return [(each.get_text(), each.get_window_extent(ink)) for each in texts if each.get_text()]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EVERY)
def test_all_that_is_written_lies_inside_the_figure(name, layout):
    ax, ink = drawn(name, layout)
    edge = ax.figure.bbox
    found = boxes(ax, ink)
    if ax.get_legend():
        found.append(("legend", ax.get_legend().get_window_extent(ink)))
    for text, box in found:
        assert edge.x0 - 1 <= box.x0, text
        assert box.x1 <= edge.x1 + 1, text
        assert edge.y0 - 1 <= box.y0, text
        assert box.y1 <= edge.y1 + 1, text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EVERY)
def test_the_legend_covers_no_words(name, layout):
    ax, ink = drawn(name, layout)
    if ax.get_legend() is None:
        assert name in ("effects", "matrix", "classes")
        return
    legend = ax.get_legend().get_window_extent(ink)
    covered = [text for text, box in boxes(ax, ink) if not text.isspace() and box.overlaps(legend)]
    # A tick beside the axes is no word under the legend.
    assert [each for each in covered if each in {text.get_text() for text in ax.texts}] == []


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["tornado", "variance_split", "horizon_classes", "horizon"])
def test_the_legend_covers_no_bar(name, layout):
    ax, ink = drawn(name, layout)
    legend = ax.get_legend().get_window_extent(ink)
    bars = [each.get_window_extent(ink) for each in ax.patches]
    assert not any(bar.height > 1 and bar.overlaps(legend) for bar in bars)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["fan", "effect_fan", "classes"])
def test_the_legend_covers_no_data(name, layout):
    ax, ink = drawn(name, layout)
    legend = ax.get_legend()
    foot = legend.get_window_extent(ink).y0 if legend else ax.bbox.y1
    tops = [each.get_datalim(ax.transData).y1 for each in ax.collections]
    assert ax.transData.transform((0, max(tops)))[1] <= foot + 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EVERY)
def test_no_two_words_touch(name, layout):
    ax, ink = drawn(name, layout)
    found = [(each.get_text(), each.get_window_extent(ink)) for each in ax.texts]
    found = [(text, box) for text, box in found if text]
    for (one, a), (other, b) in itertools.combinations(found, 2):
        assert not a.padded(-0.5).overlaps(b.padded(-0.5)), (one, other)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_class_has_a_name(layout):
    ax, _ = drawn("classes", layout)
    shares = summary.class_shares(DS, "kind", month=None)["share"]
    largest = shares.unstack(sort=False).max()
    seen = {style.class_label(str(each)) for each in largest[largest >= 0.005].index}
    legend = ax.get_legend()
    named = {text.get_text() for text in ax.texts}
    named |= {text.get_text() for text in legend.get_texts()} if legend else set()
    assert len(seen) > 2
    assert seen <= named


def test_a_network_says_what_its_ties_mean_and_when():
    ax, _ = drawn("network")
    legend = ax.get_legend()
    assert len(legend.get_texts()) == 4
    assert "weaker than 0.25" in legend.get_title().get_text().replace("\n", " ")
    assert str(DS["month"].values[-1])[:7] in legend.get_title().get_text()


@pytest.mark.parametrize("own", [True, False])
def test_scenarios_are_called_by_their_names(own):
    ax = plots.ridgeline(NAMED, "axis", ax=None if own else Figure().add_subplot())
    written = [*ax.get_yticklabels(), *ax.texts]
    said = " ".join(each.get_text().replace("\n", " ") for each in written)
    assert "The US leaves the nuclear deal" in said
    assert "jcpoa" not in said


def test_a_split_of_several_scenarios_is_titled_by_name():
    both = {"scenario": ["us_exits_jcpoa", "us_intervenes_syria"]}
    one = comparison.stacked([named_split(), named_split()], both)
    one.attrs["scenarios"] = NAMED.attrs["scenarios"]
    ax = plots.variance_split(one, "us_intervenes_syria")
    assert ax.get_title("left").replace("\n", " ").endswith(": The US intervenes in Syria")


def test_a_variance_has_names_and_units():
    ax, _ = drawn("variance_split")
    said = [each.get_text() for each in ax.texts]
    one = named_split().isel(month=-1)
    for name in map(str, one["outcome"].to_numpy()):
        total = float(one.sel(outcome=name)["variance_total"])
        if total > 0:
            unit = "*" if UNITS.get(name) == "class" else UNITS.get(name, "index")
            assert f"SD {np.sqrt(total):.2g} {unit}" in said
    assert "Strength of the axis, not validated" in said
    assert "*: of 1 where the class changes" in ax.get_xlabel().replace("\n", " ")


def test_the_mean_crosses_no_name_of_a_tornado():
    ax, ink = drawn("tornado")
    names = [each.get_window_extent(ink) for each in ax.texts]
    lines = [each.get_window_extent(ink) for each in ax.lines if each.get_linewidth() == 0.8]
    assert lines
    assert not any(line.overlaps(name) for line in lines for name in names)


def test_words_of_effects_stand_on_a_plate_before_the_zero_line():
    ax, _ = drawn("effects")
    (zero,) = (each for each in ax.collections if np.all(each.get_segments()[0][:, 0] == 0))
    assert len(zero.get_segments()) == len(ax.texts) // 2  # a piece for each row
    for each in ax.texts:
        assert each.get_bbox_patch().get_facecolor() == (1, 1, 1, 1)
        assert each.get_zorder() > zero.get_zorder()


def test_the_axis_of_effects_ends_with_the_data():
    ax, _ = drawn("effects")
    ends = [each for line in ax.lines for each in line.get_xdata()]
    assert ax.spines["bottom"].get_bounds()[1] < max(ends) + 0.1 * (max(ends) - min(0, *ends))


@pytest.mark.parametrize("own", [True, False])
def test_one_claim_is_told_in_full(own):
    report = judged(("supported",))
    sentence = (
        "If the US leaves the nuclear deal and brings its sanctions back, Iran turns to Russia."
    )
    report["claims"][0]["statement"] = sentence
    ax = plots.forest(report, None if own else Figure().add_subplot())
    said = " ".join(each.get_text() for each in [*ax.get_yticklabels(), *ax.texts])
    assert sentence in said.replace("\n", " ")


def test_conditions_takes_what_has_a_dataset():
    class Discovery:
        def dataset(self):
            return searched()

    ax = plots.conditions(Discovery())
    assert ax.get_xlabel() == plots.conditions(searched()).get_xlabel()


def test_influence_names_the_series_as_the_library_does():
    with pytest.raises(InputError, match=r"SensitivityDesign\(series=True\)"):
        plots.influence(swung().isel(month=[-1]))


def test_letters_that_no_font_has_are_not_told_of(capsys):
    strange = made(actors=("中国", "ایران", "Россия"), title="美国退出核协议")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.png(plots.network(strange).figure)
        plots.network(strange).figure.savefig(io.BytesIO())
    assert capsys.readouterr().err == ""


def test_an_installed_font_helps_out(monkeypatch):
    style.families.cache_clear()
    monkeypatch.setattr(style, "FALLBACKS", ("DejaVu Serif", "No Such Font"))
    try:
        assert style.families() == ("DejaVu Sans", "DejaVu Serif")
        text = plots.fan(DS, "axis").yaxis.label
        assert text.get_fontfamily() == ["DejaVu Sans", "DejaVu Serif"]
    finally:
        style.families.cache_clear()


def test_pyplot_figures_are_left_to_their_owner():
    whole, ax = plt.subplots()
    try:
        assert plots.fan(DS, "axis", ax=ax) is ax
        assert plt.get_fignums() == [whole.number]
    finally:
        plt.close(whole)
