"""Pictures that must not change unnoticed. ``pytest tests/test_images.py --update`` redraws them.

Each picture is drawn from a fixed dataset that was not simulated, small, and compared with the
one in tests/images. Look at those that were redrawn before they are committed.
"""

import io
from pathlib import Path

import pytest
from datasets import (
    backtested,
    explained,
    fitted,
    judged,
    made,
    moved,
    searched,
    shared,
    split,
    stacked,
    swung,
    system,
)
from matplotlib.testing.compare import compare_images
from PIL import Image

import alliance_sim as al
from alliance_sim import plots
from alliance_sim.plots import style
from alliance_sim.plots.files import write
from alliance_sim.simulate.ensembles import scenario_hash

IMAGES = Path(__file__).parent / "images"
DOCS = Path(__file__).parents[1] / "docs" / "pictures"
DPI, COLOURS = 72, 64
TOLERANCE = 2.0
"""Root mean square of the difference, in grey levels of 255: letters that another version of the
font library draws a little differently stay below, a line in another place does not."""

FROM_RUNS = {
    "classes": lambda ds, base: plots.classes(ds, "kind"),
    "effect_fan": lambda ds, base: plots.effect_fan(ds, "axis", baseline=base),
    "effects": plots.effects,
    "fan": lambda ds, base: plots.fan(ds, "axis", baseline=base),
    "fan_alignment": lambda ds, base: plots.fan(ds, "alignment", dyad="iran-russia"),
    "horizon": lambda ds, base: plots.horizon(ds, "arms", baseline=base),
    "horizon_classes": lambda ds, base: plots.horizon(ds, "kind", baseline=base),
    "matrix": lambda ds, base: plots.matrix(ds),
    "network": lambda ds, base: plots.network(ds),
    "overview": plots.overview,
}
"""A picture for each public function, and for each form that it has: name -> how it is drawn."""


def ridgeline(ds):
    return plots.ridgeline(ds, "axis")


TWO = {"scenario": ["The US leaves", "The US threatens"]}
OTHER = ("supported", "leaning", "no effect", "supported", "untestable")
FROM_OTHERS = {
    "backtest": (plots.backtest, backtested(), backtested(0.2)),
    "coverage": (plots.coverage, backtested(), backtested(0.2)),
    "attribution": (plots.attribution, explained(), explained(0.25)),
    "conditions": (plots.conditions, searched(), searched(0.6)),
    "comembership": (plots.comembership, shared(), shared(0.3)),
    "forest": (plots.forest, judged(), judged(OTHER)),
    "influence": (plots.influence, swung(), swung(0.3)),
    "posterior": (plots.posterior, fitted(), fitted(0.3)),
    "ridgeline": (ridgeline, stacked((0.2, 0.4), **TWO), stacked((0.2, 0.5), **TWO)),
    "tornado": (plots.tornado, swung(), swung(0.3)),
    "variance_split": (plots.variance_split, split(), split(0.3)),
    "minima": (plots.minima, system(), system(-3)),
}
"""The same where no runs are drawn: name -> how, what, and what has to look different."""
NOT_PICTURES = {"write_all", "write_comparison"}


@pytest.fixture(scope="module")
def ds():
    return moved(0.2)


@pytest.fixture(scope="module")
def baseline():
    return made()


def save(drawn, path):
    """A picture as a small file, in a few colours."""
    drawn.get_figure(root=True).savefig(path, dpi=DPI, facecolor="white")
    with Image.open(path) as whole:
        few = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    return path


def difference(name, actual):
    """What is wrong with a picture, or None."""
    return compare_images(str(IMAGES / f"{name}.png"), str(actual), tol=TOLERANCE)


def check(name, draw, tmp_path, update):
    if update:
        save(draw(), IMAGES / f"{name}.png")
    assert difference(name, save(draw(), tmp_path / f"{name}.png")) is None


@pytest.mark.parametrize("name", FROM_RUNS)
def test_picture_of_runs_has_not_changed(name, ds, baseline, tmp_path, update):
    check(name, lambda: FROM_RUNS[name](ds, baseline), tmp_path, update)


@pytest.mark.parametrize("name", FROM_OTHERS)
def test_picture_has_not_changed(name, tmp_path, update):
    draw, data, _ = FROM_OTHERS[name]
    check(name, lambda: draw(data), tmp_path, update)


@pytest.mark.parametrize("name", sorted(set(FROM_RUNS) - {"fan_alignment"}))
def test_other_runs_are_another_picture(name, baseline, tmp_path):
    """The tolerance lets no picture of other numbers through."""
    wrong = FROM_RUNS[name](moved(0.35), baseline)
    assert "did not match" in difference(name, save(wrong, tmp_path / f"{name}.png"))


@pytest.mark.parametrize("name", FROM_OTHERS)
def test_other_numbers_are_another_picture(name, tmp_path):
    draw, _, other = FROM_OTHERS[name]
    found = difference(name, save(draw(other), tmp_path / f"{name}.png"))
    assert "did not match" in found or "sizes do not match" in found


def test_another_style_is_another_picture(ds, baseline, tmp_path):
    wrong = plots.fan(ds, "axis", baseline=baseline)
    wrong.lines[0].set(color="red", linewidth=3)
    assert "did not match" in difference("fan", save(wrong, tmp_path / "fan.png"))


def test_every_public_plot_has_a_picture():
    drawn = {*FROM_RUNS, *FROM_OTHERS}
    lacking = [
        name
        for name in plots.__all__
        if name not in NOT_PICTURES and not any(each.startswith(name) for each in drawn)
    ]
    assert lacking == []
    assert {path.stem for path in IMAGES.glob("*.png")} == drawn


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.png")), ids=lambda path: path.stem)
def test_pictures_of_the_docs_are_of_todays_scenarios(path):
    """Every picture says in its metadata from what it was drawn; a stale one is told here."""
    scenario = path.stem.removeprefix("why_")
    today = scenario_hash(al.load_scenario(scenario))
    with Image.open(path) as whole:
        drawn_from = whole.info.get("Description", "")
    assert f"scenario {today[:10]} " in f"{drawn_from} "


def test_a_written_picture_says_what_it_was_drawn_from(ds, tmp_path):
    drawn = plots.fan(ds, "axis")
    for made_now in (write(drawn, tmp_path / "fan.png"), io.BytesIO(style.png(drawn.figure))):
        with Image.open(made_now) as whole:
            assert whole.info["Description"] == style.source_line(ds)


def test_pictures_stay_small():
    assert max(path.stat().st_size for path in IMAGES.glob("*.png")) < 20_000
