"""Pictures: what is drawn is what was simulated, and nothing is left behind."""

import json
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from datasets import ACTORS, MONTHS, RUNS, made
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from alliance_sim import plots
from alliance_sim.analysis import summary
from alliance_sim.errors import InputError
from alliance_sim.plots import layout, relations, style
from alliance_sim.plots.files import networks
from alliance_sim.rules.classes import CLASSES


@pytest.fixture(scope="module")
def ds():
    return made(shift=0.2)


@pytest.fixture(scope="module")
def baseline():
    return made()


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = dict(mpl.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def line(ax, colour):
    """The y values of the line of a colour, the widest of them."""
    lines = [each for each in ax.lines if each.get_color() == colour and len(each.get_xdata()) > 2]
    return max(lines, key=lambda each: each.get_linewidth()).get_ydata()


# -- every picture -------------------------------------------------------------------------

EVERY = {
    "fan": lambda ds, base, ax: plots.fan(ds, "axis", ax=ax, baseline=base),
    "alignment": lambda ds, base, ax: plots.fan(ds, "alignment", dyad="iran-russia", ax=ax),
    "horizon": lambda ds, base, ax: plots.horizon(ds, "arms", ax=ax, baseline=base),
    "bars": lambda ds, base, ax: plots.horizon(ds, "kind", ax=ax, baseline=base),
    "classes": lambda ds, base, ax: plots.classes(ds, "russia-iran", ax=ax),
    "network": lambda ds, base, ax: plots.network(ds, ax=ax),
    "matrix": lambda ds, base, ax: plots.matrix(ds, "first", ax=ax),
    "effects": lambda ds, base, ax: plots.effects(ds, base, ax=ax),
}


@pytest.mark.parametrize("name", EVERY)
def test_draws_on_the_given_axes(ds, baseline, name):
    ax = Figure().add_subplot()
    assert EVERY[name](ds, baseline, ax) is ax


@pytest.mark.parametrize("name", EVERY)
def test_own_figure_says_where_it_comes_from(ds, baseline, name):
    whole = EVERY[name](ds, baseline, None).get_figure(root=True)
    assert whole.get_suptitle() == "The US leaves the nuclear deal"
    foot = whole.get_supxlabel()
    assert "scenario 0123456789 " in foot.replace("\n", " ")
    assert "seed 0" in foot
    assert f"{RUNS} runs" in foot


@pytest.mark.parametrize("name", EVERY)
def test_no_text_is_cut_off(ds, baseline, name):
    whole = EVERY[name](ds, baseline, None).get_figure(root=True)
    FigureCanvasAgg(whole).draw()
    box = whole.get_tightbbox()  # in inches
    width, height = whole.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= width
    assert box.y1 <= height


def test_dataset_without_attributes(ds):
    bare = ds.copy()
    bare.attrs = {}
    assert plots.fan(bare, "axis").get_figure(root=True).get_supxlabel() == ""


@pytest.mark.parametrize("given", ["", "[]", "no JSON", '[{"id": "x"}]', '{"id": 1}', "[3]", None])
def test_strange_marks_are_no_error(ds, given):
    assert style.interventions(ds.assign_attrs(interventions=given)) == []


def test_marks_outside_the_horizon_are_left_out(ds):
    listed = [{"id": "early", "month": "2017-01"}, {"id": "never", "month": None}]
    listed += [{"id": "on_time", "month": "2019-01"}, {"id": "too", "month": "2019-01"}]
    found = style.interventions(ds.assign_attrs(interventions=json.dumps(listed)))
    assert [mark.name for mark in found] == ["on time, too"]


def test_uncertain_dates_are_spans(ds):
    listed = [
        {"id": "back", "month": "2018-08", "until": "2018-11"},
        {"id": "exact", "month": "2019-03", "until": ""},
        {"id": "late", "month": "2020-01", "until": "2030-01"},
        {"id": "chance", "month": "", "until": ""},
    ]
    some = ds.assign_attrs(interventions=json.dumps(listed))
    back, exact, late = style.interventions(some)
    assert back.name == "back (2018-08 to 2018-11)"
    assert exact.day == exact.until
    assert late.until == style.dates(ds)[-1]
    for ax in (plots.fan(some, "axis"), plots.classes(some, "kind")):
        spans = [patch for patch in ax.patches if patch.get_width() > 0]
        edges = [(each.get_x(), each.get_x() + each.get_width()) for each in spans]
        assert edges == [(back.day, back.until), (late.day, late.until)]


# -- files read back -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_back(ds, baseline, tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("read"), []
    for name, each in (("ds", ds), ("baseline", baseline)):
        full = each.drop_dims("parameter")  # NetCDF 3 cannot hold an empty dimension
        full.to_netcdf(folder / f"{name}.nc", engine="scipy", format="NETCDF3_64BIT")
        with xr.open_dataset(folder / f"{name}.nc", engine="scipy") as opened:
            found.append(opened.load())
    return found


@pytest.mark.parametrize("name", EVERY)
def test_draws_what_was_read_from_a_file(read_back, name):
    whole = EVERY[name](*read_back, None).get_figure(root=True)
    assert f"{RUNS} runs" in whole.get_supxlabel().replace("\n", " ")


def test_writes_all_of_what_was_read_from_a_file(read_back, tmp_path):
    assert {path.name for path in plots.write_all(read_back[0], tmp_path, read_back[1])} == NAMES


def test_one_run_read_from_a_file(ds):
    assert style.source_line(ds.assign_attrs(runs=np.int32(1))).endswith(" 1 run")


def test_months_as_text(ds):
    text = np.datetime_as_string(ds["month"].to_numpy(), "M")
    np.testing.assert_array_equal(style.dates(ds.assign_coords(month=text)), style.dates(ds))


# -- subjects ------------------------------------------------------------------------------


def test_own_axes_name_their_subject(ds):
    assert plots.fan(ds, "axis").get_title("left") == "Strength of the axis"
    assert plots.horizon(ds, "axis").get_title("left") == "Strength of the axis"
    assert plots.horizon(ds, "kind").get_title("left") == "Kind of tie"
    assert plots.classes(ds, "iran-russia").get_title("left") == "Iran and Russia"
    drawn = plots.fan(ds, "alignment", dyad="iran->russia")
    assert drawn.get_title("left") == "Alignment of Iran to Russia"


def test_axes_of_others_get_no_title(ds):
    ax = plots.classes(ds, "iran-russia", ax=Figure().add_subplot())
    assert ax.get_title("left") == ""
    assert ax.get_ylabel() == "Relation of Iran and Russia [% of runs], not validated"


def test_titles_stand_clear_of_legends(ds, baseline):
    for ax in (plots.fan(ds, "axis", baseline=baseline), plots.classes(ds, "kind")):
        FigureCanvasAgg(ax.get_figure(root=True)).draw()
        if ax.get_legend():
            above = ax._left_title.get_window_extent().y0
            assert above >= ax.get_legend().get_window_extent().y1 - 4


# -- fans ----------------------------------------------------------------------------------


def test_fan_draws_the_medians(ds, baseline):
    ax = plots.fan(ds, "axis", baseline=baseline)
    np.testing.assert_allclose(line(ax, style.BLUE), np.median(ds["axis"], axis=0), rtol=1e-6)
    before = np.median(baseline["axis"], axis=0)
    np.testing.assert_allclose(line(ax, style.BLACK), before, rtol=1e-6)


def test_fan_bands_hold_their_share_of_runs(ds):
    wide, narrow = plots.fan(ds, "axis").collections
    for band, share in ((wide, 90), (narrow, 50)):
        drawn = band.get_paths()[0].vertices[:, 1]
        low, high = np.percentile(ds["axis"], (50 - share / 2, 50 + share / 2), axis=0)
        assert drawn.min() == pytest.approx(low.min(), abs=1e-6)
        assert drawn.max() == pytest.approx(high.max(), abs=1e-6)


def test_fan_averages_two_recorded_directions(ds):
    both = ds["alignment"].sel(dyad=["iran->russia", "russia->iran"]).mean("dyad")
    for dyad in ("iran-russia", "russia-iran"):
        drawn = line(plots.fan(ds, "alignment", dyad=dyad), style.BLUE)
        np.testing.assert_allclose(drawn, np.median(both, axis=0), atol=1e-6)


def test_fan_of_an_unknown_dyad(ds):
    with pytest.raises(InputError, match="did you mean 'china-iran'"):
        plots.fan(ds, "alignment", dyad="china-iram")


def test_axes_say_what_and_in_which_units(ds, baseline):
    label = "Arms delivered [million TIV], not validated"
    assert plots.fan(ds, "arms").get_ylabel() == label
    assert plots.horizon(ds, "arms").get_xlabel() == label
    assert "[% of runs]" in plots.classes(ds, "kind").get_ylabel()
    assert "[% of runs]" in plots.horizon(ds, "kind").get_xlabel()
    assert "[index]" in plots.effects(ds, baseline).get_xlabel()


def test_years_on_the_axis(ds):
    ax = plots.fan(ds, "axis")
    FigureCanvasAgg(ax.get_figure(root=True)).draw()
    shown = [tick.label1.get_text() for tick in ax.xaxis.get_major_ticks()]
    assert {"2019", "2020"} <= set(shown)


def test_own_legend_covers_no_data(ds, baseline):
    for ax in (plots.fan(ds, "axis", baseline=baseline), plots.horizon(ds, "arms")):
        FigureCanvasAgg(ax.get_figure(root=True)).draw()
        assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1 - 1


def test_axis_zooms_to_the_data_unless_they_fill_the_range():
    assert style.value_range(0.1, 0.95, (0, 1)) == (0, 1)
    low, high = style.value_range(0.4, 0.5, (0, 1))
    assert 0.35 < low < 0.4
    assert 0.5 < high < 0.55
    low, high = style.value_range(0.4, 0.4, (0, 1))
    assert high - low == pytest.approx(0.02)
    assert style.value_range(0.0, 0.1, (0, 1))[0] == 0
    low, high = style.value_range(-0.2, 1.1, (0, 1))  # outside the range, and shown
    assert low < -0.2
    assert high > 1.1


# -- distributions -------------------------------------------------------------------------


def test_histogram_counts_every_run_once(ds, baseline):
    ax = plots.horizon(ds, "axis", baseline=baseline)
    filled, outline = (patch.get_data() for patch in ax.patches[:2])
    for drawn in (filled, outline):
        assert drawn.values.sum() == pytest.approx(100)
    np.testing.assert_array_equal(filled.edges, outline.edges)


def test_intervals_beneath_are_quantiles(ds):
    ax = plots.horizon(ds, "axis")
    ends = [sorted(each.get_xdata()) for each in ax.lines if len(each.get_xdata()) == 2]
    last = ds["axis"].isel(month=-1)
    np.testing.assert_allclose(ends[0], np.percentile(last, (5, 95)), rtol=1e-6)
    np.testing.assert_allclose(ends[1], np.percentile(last, (25, 75)), rtol=1e-6)


def test_histogram_where_all_runs_agree():
    ds = made()
    ds["axis"][:] = 0.0
    drawn = plots.horizon(ds, "axis").patches[0].get_data()
    assert drawn.values.max() == 100
    assert drawn.edges[0] < 0 < drawn.edges[-1]


def test_bars_are_class_shares(ds):
    ax = plots.horizon(ds, "kind")
    lengths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(lengths, 100 * summary.class_shares(ds, "kind")["share"])
    assert sum(lengths) == pytest.approx(100)


def test_effects_share_their_units(ds, baseline):
    names = " ".join(text.get_text() for text in plots.effects(ds, baseline).texts)
    assert "Strength of the axis" in names
    assert "Arms" not in names
    assert "100% up, 0% down" in names


def test_unknown_names_are_refused_before_drawing(ds):
    with pytest.raises(InputError, match="did you mean 'axis'"):
        plots.horizon(ds, "axs")
    with pytest.raises(InputError, match="no relation class was recorded"):
        plots.horizon(ds, "iran-syria")
    with pytest.raises(InputError, match="no relation class was recorded"):
        plots.classes(ds, "iran-syria")
    with pytest.raises(InputError, match="use 'first' or 'last'"):
        plots.network(ds, "begin")


# -- classes -------------------------------------------------------------------------------


def test_stacked_shares_fill_the_axes(ds):
    ax = plots.classes(ds, "iran-russia")
    tops = [each.get_ydata() for each in ax.lines if len(each.get_ydata()) == MONTHS + 1]
    np.testing.assert_allclose(tops[-1], 100)
    assert all((above >= below - 1e-9).all() for below, above in pairwise(tops))


def test_every_class_present_is_named_once(ds):
    ax = plots.classes(ds, "kind")
    named = [text.get_text() for text in ax.texts if text.get_text() != "withdrawal"]
    named += [text.get_text() for text in ax.get_legend().texts] if ax.get_legend() else []
    present = {CLASSES[code] for code in np.unique(ds["kind"])}
    assert sorted(named) == sorted(style.class_label(each) for each in present)


def test_class_names_keep_off_marks(ds):
    ax = plots.classes(ds, "kind")
    FigureCanvasAgg(ax.get_figure(root=True)).draw()
    (mark,) = style.interventions(ds)
    at = ax.transData.transform((mark.day, 0))[0]
    for text in ax.texts:
        box = text.get_window_extent()
        assert text.get_text() == mark.name or not box.x0 <= at <= box.x1


def test_classes_too_thin_to_see_are_not_named():
    many = made(runs=400)
    many["kind"][:] = 3
    many["kind"][0] = 0
    ax = plots.classes(many, "kind")
    assert "hostile" not in [text.get_text() for text in ax.texts]
    assert ax.get_legend() is None


def test_classes_differ_in_grey_or_in_hatching():
    def grey(colour):
        return np.dot(mpl.colors.to_rgb(colour), (0.299, 0.587, 0.114))

    looks = [style.class_style(name) for name in CLASSES]
    for one, other in combinations(looks, 2):
        assert abs(grey(one.colour) - grey(other.colour)) > 0.1 or one.hatch != other.hatch


# -- networks ------------------------------------------------------------------------------


def names_at(ax):
    return {text.get_text(): text.get_position() for text in ax.texts}


def assert_apart(ax):
    """No name touches another, nor leaves the axes."""
    canvas = FigureCanvasAgg(ax.get_figure(root=True))
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [text.get_bbox_patch().get_window_extent(renderer) for text in ax.texts]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_actors_stay_where_they_are(ds):
    first, last = (names_at(plots.network(ds, when)) for when in ("first", "last"))
    assert first == last
    assert set(first) == set(ACTORS)


def test_scenarios_of_one_world_share_their_layout(ds, baseline):
    # The horizons differ, the base dates do not: pictures can be laid side by side.
    assert names_at(plots.network(ds)) == names_at(plots.network(baseline))
    assert not np.allclose(relations.mutual(ds, "last"), relations.mutual(baseline, "last"))


@pytest.mark.parametrize("size", [(3, 3), (7, 4), (4, 9), (12, 6)])
def test_names_never_collide(ds, size):
    assert_apart(plots.network(ds, ax=Figure(figsize=size).add_subplot()))


def test_names_never_collide_in_a_crowd():
    crowd = made(actors=[f"Republic number {k}" for k in range(40)])
    crowd["alignment_first"][:] = 0.0  # all in one place
    assert_apart(plots.network(crowd))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_actors(count):
    few = made(actors=ACTORS[:count])
    assert len(names_at(plots.network(few))) == count


def test_ties_cross_no_third_name():
    sizes = np.full((3, 2), (40.0, 16.0))
    at = np.array([(50.0, 100.0), (150.0, 100.0), (250.0, 100.0)])
    weights = np.zeros((3, 3))
    weights[0, 2] = weights[2, 0] = 1.0
    canvas = np.array([300.0, 200.0])
    assert layout.crossings(at, sizes, weights) > 0
    clear = layout.clear_ties(at, sizes, weights, canvas)
    assert layout.crossings(clear, sizes, weights) == 0
    assert np.array_equal(clear, layout.clear_ties(at, sizes, weights, canvas))


def test_ties_are_the_median_of_both_directions():
    few = made(actors=ACTORS[:3])
    values = np.zeros((RUNS, 3, 3))
    values[:, 0, 1], values[:, 1, 0] = 0.9, 0.3  # mean 0.6: friendly
    values[:, 0, 2] = values[:, 2, 0] = -0.5  # hostile
    values[:, 1, 2] = values[:, 2, 1] = 0.2  # too weak
    values[0] = 1.0  # one run does not move a median
    few["alignment_last"][:] = values
    assert relations.mutual(few, "last")[0, 1] == pytest.approx(0.6)
    drawn = {each.get_color(): each for each in plots.network(few).lines}
    assert set(drawn) == {style.BLUE, style.VERMILLION}
    assert drawn[style.BLUE].get_linestyle() == "-"
    assert drawn[style.VERMILLION].get_linestyle() == "--"


def test_beside_the_network_stands_what_changes():
    few = made(actors=ACTORS[:3])
    values = few["alignment_first"].to_numpy().copy()
    values[:, 0, 1] += 0.4  # by 0.2 on the mean of both directions
    values[:, 2, 0] -= 0.3
    values[:, 1, 2] += 0.04  # too little
    few["alignment_last"][:] = values
    _, right = networks(few).axes
    at, _ = relations.positions(few)
    found = {each.get_color(): {*each.get_xdata()} for each in right.lines}
    assert found == {style.BLUE: {*at[[0, 1], 0]}, style.VERMILLION: {*at[[0, 2], 0]}}


def test_scaling_gives_back_distances_in_the_plane():
    at = np.random.default_rng(2).normal(size=(9, 2))
    distances = np.linalg.norm(at[:, None] - at[None], axis=2)
    found = layout.classical_scaling(distances)
    again = np.linalg.norm(found[:, None] - found[None], axis=2)
    np.testing.assert_allclose(again, distances, atol=1e-9)


def test_matrix_shows_medians_and_no_diagonal(ds):
    ax = plots.matrix(ds, "last")
    shown = ax.images[0].get_array().filled(np.nan)
    assert np.isnan(np.diag(shown)).all()
    order = [text.get_text() for text in ax.get_yticklabels()]
    i, j = order.index("Iran"), order.index("Russia")
    expected = np.median(ds["alignment_last"].sel(actor="iran", other="russia"))
    assert shown[i, j] == pytest.approx(expected)


# -- files ---------------------------------------------------------------------------------

NAMES = {
    "overview.png",
    "fan_axis.png",
    "fan_arms.png",
    "horizon_axis.png",
    "horizon_arms.png",
    "horizon_kind.png",
    "classes_kind.png",
    "classes_iran-russia.png",
    "network.png",
}


def test_write_all(ds, baseline, tmp_path):
    written = plots.write_all(ds, tmp_path / "new" / "folder", baseline)
    assert {path.name for path in written} == NAMES
    for path in written:
        pixels = imread(path)
        assert pixels.std() > 0.02, path.name
        assert min(pixels.shape[:2]) > 400
    assert imread(tmp_path / "new" / "folder" / "overview.png").shape[1] == 1200


def test_write_all_refuses_what_cannot_be_compared(ds, tmp_path):
    with pytest.raises(InputError, match="same seed"):
        plots.write_all(ds, tmp_path / "none", made(seed=9))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("kept", [["axis"], ["kind"], ["axis", "arms"]])
def test_overview_of_whatever_there_is(ds, kept):
    some = ds.drop_vars([*({"axis", "arms", "kind"} - set(kept)), "relation_class"])
    whole = plots.overview(some)
    FigureCanvasAgg(whole).draw()
    assert whole.axes


def test_a_notebook_shows_a_picture_without_being_told_to(ds):
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(plots.fan(ds, "axis").figure)
    assert shown["image/png"].startswith(b"\x89PNG")
