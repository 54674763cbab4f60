"""The page says what the data say, whoever wrote the texts in them, and needs nothing else."""

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from chromium import Chromium, executable
from datasets import explained, judged, made, moved, searched, shared, split, stacked, swung
from scipy import stats
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.analysis import comparison
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.plots.studies import STUDIES as DRAWN
from alliance_sim.report import page, words, write
from alliance_sim.report.folders import Result, read_claims, read_result
from alliance_sim.report.parts import PARTS
from alliance_sim.spec import numbers

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'{{ 7 * 7 }}&amp;$\\frac{1}$"
RUNS = 24
KINDS_OF = {study.file: study.kinds for study in DRAWN}
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Elements of a page, and what is wrong with how they are nested."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.faults, self.texts = [], [], [], []
        self.source = text
        self.feed(text)
        self.close()
        self.faults += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if len(attrs) != len(dict(attrs)):
            self.faults.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> inside {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def all_texts(self, tag):
        """Texts directly within the elements of a kind."""
        found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", self.source, re.DOTALL)
        return [unescape(each) for each in found]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def made_folder(place, ds, baseline=None):
    place.mkdir(parents=True, exist_ok=True)
    store.write(ds, place / store.RESULT)
    if baseline is not None:
        store.write(baseline, place / store.BASELINE)
    return place


@pytest.fixture(scope="module")
def scenario():
    data = {**small_scenario(), "claims": ["C01", "C02"]}
    del data["theory"]
    return al.read_scenario(data)


@pytest.fixture(scope="module")
def runs(scenario):
    calm = scenario.model_copy(update={"interventions": (), "name": "Peace"})
    return al.run(scenario, RUNS, 3), al.run(calm, RUNS, 3)


@pytest.fixture(scope="module")
def folder(runs, tmp_path_factory):
    """A folder of results of the small world, with its baseline, a story, and an explanation."""
    place = made_folder(tmp_path_factory.mktemp("results") / "breach", *runs)
    (place / "log_run_2.txt").write_text(
        "Run two.\n1432-04: Athens <shuts> its markets.; Sparta protests.\n"
    )
    return place


@pytest.fixture(scope="module")
def text(folder):
    return page([read_result(folder)])


@pytest.fixture(scope="module")
def parsed(text):
    return Page(text)


@pytest.fixture
def quick(monkeypatch):
    """Pictures are made, but not drawn out: for tests of what stands beside them."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" width="9pt"/>'
    monkeypatch.setattr("alliance_sim.report.pictures._svg", lambda whole: blank)


# -- what it says --------------------------------------------------------------------------


def test_effects_are_those_of_the_data(runs, parsed):
    ds, baseline = runs
    for name in ("trade", "sparta_to_athens"):
        if name not in ds:
            continue
        change = (ds[name] - baseline[name]).isel(month=-1).to_numpy().astype(float)
        mean = f"{abs(change.mean()):.3f}"
        error = f"{change.std(ddof=1) / np.sqrt(RUNS):.3f}"
        assert mean in parsed.text
        assert error in parsed.text


def test_every_outcome_has_a_sentence_and_a_row(runs, text, parsed):
    for name in runs[0].data_vars:
        if runs[0][name].dims == ("run", "month"):
            title = str(runs[0][name].attrs["long_name"])
            assert len(re.findall(re.escape(title), parsed.text)) >= 2


def test_every_uncertain_number_is_there_with_its_distribution(runs, scenario, parsed):
    """Weights stand with their driver or mechanism, all others under their path."""
    assert runs[0].sizes["parameter"] > 5
    for path in map(str, runs[0]["parameter"].to_numpy()):
        kind, *rest = path.removeprefix("world.").split(".")
        weight = kind in ("drivers", "mechanisms") and rest[1:] == ["weight"]
        assert (rest[0].replace("_", " " if kind == "mechanisms" else "_") if weight else path) in (
            parsed.text
        )
    assert "median 0.2, 90% between 0.122 and 0.328 (lognormal)" in parsed.text  # of hedging
    assert f"{runs[0].sizes['parameter']} numbers and 3 dates are drawn anew" in parsed.text


def test_every_intervention_is_told_with_its_date(parsed):
    for told in (
        "coercion of Peloponnesian League by Athens is set to most likely 0.6, from 0.4 to 0.8",
        "within 6 months",
        "1432-06 to 1432-12, any month equally likely",
        "at any time from 1433-01 on, 0.2 a year on average",
        "anything from 0.1 to 0.3, equally likely a year on average",
        "Athens leaves 'Thirty Years' Peace'",
        "Sparta threatens to leave 'Thirty Years' Peace' (credibility 0.7)",
        "Persia joins 'Thirty Years' Peace'",
        "the government of Athens becomes 'war_party'",
        "the channel 'Trade' between Athens and Corinth is set to 0.1",
        "24 months",
    ):
        assert told in parsed.text


def test_drivers_that_do_not_act_are_left_out(quick, runs, scenario, tmp_path):
    off = scenario.model_copy(update={"drivers": False, "theory": "balance_of_threat"})
    ds = runs[0].assign_attrs(scenario=off.model_dump_json(by_alias=True, exclude_unset=True))
    parsed = Page(page([Result(tmp_path, ds, None, off)]))
    assert "What draws particular actors together or apart" not in parsed.text
    rows = [cell for cell in parsed.texts if cell in ("common threat", "dependence", "reputation")]
    assert rows == ["common threat"]


def test_the_command_is_the_one_that_was_given(quick, folder, tmp_path, runs):
    ds = runs[0].assign_attrs(command="alliance-sim run 'my <file>.yaml' --runs 9")
    parsed = Page(page([Result(tmp_path, ds)]))
    assert "alliance-sim run 'my <file>.yaml' --runs 9" in parsed.text


def test_without_a_command_the_python_on_the_page_gives_the_same_numbers(folder, runs, text):
    code = re.search(r"<pre><code>(import.*?)</code></pre>", text, re.DOTALL)[1]
    code = code.replace("&#34;", '"').replace('"result.zarr"', repr(str(folder / store.RESULT)))
    found: dict = {}
    exec(code, found)
    np.testing.assert_array_equal(found["ds"]["trade"], runs[0]["trade"])


def test_a_shipped_scenario_is_named_only_if_it_is_the_same(quick, tmp_path):
    shipped = al.load_scenario("us_threatens_jcpoa")
    ds = made(scenario=shipped.model_dump_json(by_alias=True, exclude_unset=True), seed=5, runs=2)
    place = made_folder(tmp_path / "us_threatens_jcpoa", ds)
    command = "alliance-sim run us_threatens_jcpoa --runs 2 --seed 5"
    assert command in Page(page([read_result(place)])).text
    other = shipped.model_copy(update={"question": "Another?"})
    changed = ds.assign_attrs(scenario=other.model_dump_json(by_alias=True, exclude_unset=True))
    assert command not in Page(page([read_result(made_folder(place, changed))])).text


def test_the_story_of_a_run_is_told(parsed):
    assert "Run two." in parsed.text
    assert "1432-04 Athens <shuts> its markets. Sparta protests." in parsed.text


@pytest.mark.parametrize("name", ["explanation.nc", "comparison.nc", "sensitivity.nc"])
def test_strange_files_are_named(name, quick, tmp_path, runs):
    place = made_folder(tmp_path / "strange", *runs)
    store.write(runs[0], place / name)
    assert f"{name} could not be read: it lacks" in Page(page([read_result(place)])).text
    (place / name).write_text("no dataset")
    assert f"{name} could not be read" in Page(page([read_result(place)])).text


def test_files_of_another_state_say_so(quick, tmp_path, runs):
    place = made_folder(tmp_path / "old", *runs)
    old = sensitivity_data(runs[0]).assign_attrs(scenario_hash="another")
    store.write(old, place / "sensitivity.nc")
    text = Page(page([read_result(place)])).text
    assert "sensitivity.nc was made from another state of the scenario than the result." in text


@pytest.mark.parametrize(("seed", "runs_of_it"), [(99, None), (None, 7)])
def test_analyses_of_other_draws_say_so(quick, tmp_path, runs, seed, runs_of_it):
    place = made_folder(tmp_path / "other", *runs)
    attrs = runs[0].attrs
    same = sensitivity_data(runs[0])
    store.write(same, place / "sensitivity.nc")
    assert "sensitivity.nc rests on" not in Page(page([read_result(place)])).text
    told = {"seed": attrs["seed"] if seed is None else seed, "runs": runs_of_it or attrs["runs"]}
    store.write(same.assign_attrs(told), place / "sensitivity.nc")
    text = Page(page([read_result(place)])).text
    note = f"sensitivity.nc rests on {told['runs']} runs of seed {told['seed']}, the result on "
    assert f"{note}{attrs['runs']} runs of seed {attrs['seed']}." in text


def test_numbers_and_open_dates_are_counted_apart(quick, tmp_path):
    scenario = al.load_scenario("us_exits_jcpoa")
    ds = al.run(scenario, runs=2)
    place = made_folder(tmp_path / "dates", ds)
    told = al.simulate.plan_sensitivity(scenario).experiment.counted
    store.write(sensitivity_data(ds).assign_attrs(uncertain=told), place / "sensitivity.nc")
    text = Page(page([read_result(place)])).text
    count = f"{ds.sizes['parameter']} numbers and 1 date"
    assert ds.sizes["parameter"] > 80
    assert f"{count} are drawn anew for every run" in text
    assert f"Of {count} that are uncertain" in text


def test_explanation_adds_up_on_the_page(quick, scenario, runs, tmp_path):
    place = made_folder(tmp_path / "explained", *runs)
    found = al.explain(scenario, runs=4, seed=3, dyads=["athens->sparta"])
    store.write(found, place / store.EXPLANATION)
    text = page([read_result(place)])
    assert text.count("<caption>What moved it") == 1
    table = text[text.index("<caption>What moved it") :]
    cells = re.findall(r'</th><td class="number">([^<]*)</td>', table[: table.index("</table>")])
    *parts, whole = (float(each.replace("−", "-")) for each in cells)
    assert sum(parts) == pytest.approx(whole, abs=0.0005 * len(parts))
    change = np.tanh(1)  # a scale: alignment lies within (-1, 1)
    assert abs(whole) < 2 * change


def unmarked(text):
    """A page without what stands beside outcomes about how far they are validated."""
    return re.sub(r' <span class="mark">[^<]*</span>', "", text)


def test_comparison_on_the_page(quick, runs, tmp_path):
    ds, baseline = runs
    names = ["sparta_to_persia", "trade", "kind_of_tie"]
    pair = comparison.of_pair(baseline[names], ds[names])
    found = comparison.comparison({("breach", "all mechanisms"): pair})
    place = made_folder(tmp_path / "compared", *runs)
    store.write(found.assign_attrs(ds.attrs), place / store.COMPARISON)
    text = page([read_result(place)])
    table = unmarked(text[text.index("<caption>Paired effects") :])
    rows = dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td class="number">([^<]*)<', table))
    for name in names[:2]:
        mean = float((ds[name] - baseline[name]).isel(month=-1).mean())
        shown = float(rows[ds[name].attrs["long_name"].replace("'", "&#39;")].replace("−", "-"))
        assert shown == pytest.approx(mean, abs=0.0006)
    changed = float((ds["kind_of_tie"] != baseline["kind_of_tie"]).isel(month=-1).mean())
    assert rows[ds["kind_of_tie"].attrs["long_name"]] == f"{100 * changed:.1f}"
    units = dict(
        re.findall(r'<tr><th scope="row">([^<]*)</th><td[^>]*>[^<]*</td><td>([^<]*)', table)
    )
    assert units[ds["kind_of_tie"].attrs["long_name"]] == "% of runs that change class"
    for name in names[:2]:
        unit = ds[name].attrs["units"]
        assert units[ds[name].attrs["long_name"].replace("'", "&#39;")] == unit
    assert "another state" not in text
    assert "a share of the variance says" not in text.lower()


def sensitivity_data(ds):
    """A sensitivity analysis of two numbers and chance, as `alliance-sim sensitivity` writes it."""
    dims = ("outcome", "month", "parameter")
    shares = {"S1": (0.42, 0.1), "S1_low": (0.18, -0.02), "S1_high": (0.66, 0.2)}
    shares |= {"ST": (0.2, 0.48), "ST_low": (0.1, 0.35), "ST_high": (0.3, 0.64)}
    found = {name: (dims, [[[*pair, np.nan]]]) for name, pair in shares.items()}
    found |= {f"group_{name}": (("outcome", "month", "ground"), [[[0.9]]]) for name in shares}
    names = {
        "name": ["first number", "second number", "chance"],
        "basis": ["judgement", "data", "chance"],
        "source": ["judgement: a guess", "nmc", ""],
    }
    where = {key: ("parameter", values) for key, values in names.items()}
    where |= {"parameter": ["a", "b", "chance"], "ground": ["judgement"], "outcome": ["trade"]}
    where |= {"outcome_name": ("outcome", ["Trade"]), "month": ds["month"][-1:]}
    return xr.Dataset(found, where, ds.attrs | {"uncertain_numbers": 2})


def test_sensitivity_on_the_page(quick, runs, tmp_path):
    place = made_folder(tmp_path / "sensitive", *runs)
    store.write(sensitivity_data(runs[0]), place / "sensitivity.nc")
    text = Page(page([read_result(place)])).text
    assert text.index("second number 10 (−2 to 20) 48 (35 to 64) data nmc") < text.index(
        "first number 42 (18 to 66) 20 (10 to 30) judgement judgement: a guess"
    )
    assert "judgement 90 (90 to 90) 90 (90 to 90)" in text


def alts(parsed):
    return [each.get("aria-label") or "" for each in parsed.all("svg")]


def test_sensitivity_is_drawn_by_outcome_and_over_time(quick, tmp_path):
    place = made_folder(tmp_path / "swung", made())
    whole = swung()
    store.write(whole, place / store.SENSITIVITY)
    drawn = [each for each in alts(Page(page([read_result(place)]))) if "decile" in each]
    # The mean is 0.3; the widest number swings it by 0.2 to either side.
    assert "mean of Strength of the axis" in drawn[0]
    assert "The US leaves the deal: weight: 0.100 to 0.500" in drawn[0]
    assert "Rivalry in Central Asia: weight: 0.330 to 0.270" in drawn[0]
    assert len(drawn) == 2
    series = [each for each in alts(Page(page([read_result(place)]))) if "shares of" in each]
    assert sum("2018-05 to 2020-11" in each for each in series) == 2
    store.write(whole.isel(month=[-1]), place / store.SENSITIVITY)
    assert not any("2020-11; the last" in each for each in alts(Page(page([read_result(place)]))))
    many = xr.concat([whole.assign_coords(outcome=[f"a{k}", f"b{k}"]) for k in range(3)], "outcome")
    store.write(many, place / store.SENSITIVITY)
    parsed = Page(page([read_result(place)]))
    assert sum("decile" in each for each in alts(parsed)) == 3
    assert parsed.text.count("Shares of the variance, percent") == 6


def test_conditions_are_drawn_if_the_points_are_those_of_the_search(quick, tmp_path):
    place = made_folder(tmp_path / "searched", made())
    row = {"name": "a weight", "above": "0.7", "below": None, "probabilities": [0.7, 1]}
    row |= {"quasi_p": 0.0, "returns": 1, "basis": "data", "source": "nmc"}
    box = {"density": 1, "coverage": 1, "mass": 0.15, "conditions": [row]}
    found = {"hash": "0123456789abcdef", "when": ["kind=strategic_alliance"], "points": 400}
    found |= {"share": 0.15, "finding": "conditions found", "boxes": [box]}
    (place / store.DISCOVERY).write_text(json.dumps(found))

    def drawn():
        return [each for each in alts(Page(page([read_result(place)]))) if "Points at" in each]

    assert drawn() == []
    store.write(searched(), place / store.POINTS)
    [alt] = drawn()
    assert "kind=strategic_alliance comes about" in alt
    assert "Box 1: a weight is at least 0.7 (highest 30% of its prior)" in alt
    store.write(searched().assign_attrs(when="trade>1"), place / store.POINTS)
    assert drawn() == []
    store.write(searched().drop_dims("box"), place / store.POINTS)
    assert drawn() == []


def test_what_decisions_weighed_is_drawn_where_it_is_known(quick, scenario, runs, tmp_path):
    place = made_folder(tmp_path / "weighed", *runs)
    found = al.explain(scenario, runs=4, seed=3, dyads=["athens->sparta"])
    store.write(found, place / store.EXPLANATION)
    told = [each for each in alts(Page(page([read_result(place)]))) if "What was weighed" in each]
    last = found["weighed"].sel(direction="athens->sparta").isel(decision=-1)
    size = np.abs(last.where(last["cause"] != "relation", 0.0).to_numpy())
    assert str(found["cause_name"][int(size.argmax())].item()) in told[0]
    store.write(found.drop_vars("weighed"), place / store.EXPLANATION)
    assert not any("weighed" in each for each in alts(Page(page([read_result(place)]))))


def test_every_command_that_made_something_is_named_once(quick, tmp_path):
    place = made_folder(tmp_path / "made", made(command="alliance-sim compare a b"))
    for file, data, command in (
        (store.EXPLANATION, explained(), "alliance-sim explain b --dyad iran,russia"),
        (store.COMPARISON, several(), "alliance-sim compare a b"),
        (store.SENSITIVITY, swung(), "alliance-sim sensitivity b --parameters '*'"),
    ):
        store.write(data.assign_attrs(command=command), place / file)
    (place / store.POINTS).write_text("no dataset")
    text = Page(page([read_result(place)])).text
    assert text.count("alliance-sim compare a b") == 1
    assert "alliance-sim explain b --dyad iran,russia" in text
    assert "alliance-sim sensitivity b --parameters '*'" in text


# -- a comparison alone --------------------------------------------------------------------

TWO = ("us_exits", "us_threatens")


def several():
    """A comparison of two scenarios, as `alliance-sim compare` writes it."""
    pairs = {
        (name, "all mechanisms"): comparison.of_pair(made(), moved(shift).assign_attrs(title=name))
        for name, shift in zip(TWO, (0.2, 0.4), strict=True)
    }
    about = {
        "scenarios": json.dumps(
            {
                TWO[0]: {"title": "The US leaves", "question": "Does it drive Iran away?"},
                TWO[1]: {"title": "The US threatens", "question": ""},
            }
        ),
        "scenario_hashes": json.dumps(["a" * 64, "b" * 64]),
        "runs": 60,
    }
    found = comparison.comparison(pairs)
    found.attrs.pop("scenario_hash")
    return found.assign_attrs(about)


def test_a_comparison_alone_is_a_page(quick, tmp_path):
    place = tmp_path / "compare"
    place.mkdir()
    found = several().assign_attrs(command="alliance-sim compare base us_exits us_threatens")
    store.write(found, place / store.COMPARISON)
    text = page([read_result(place)])
    parsed = Page(text)
    assert parsed.faults == []
    assert re.findall(r"<h2>([^<]*)</h2>", text) == [
        "Contents",
        "Comparison",
        "How to reproduce",
        "Limits",
    ]
    assert "2 scenarios against The US leaves the nuclear deal" in parsed.all_texts("h1")
    assert "Does it drive Iran away?" in parsed.text
    assert "The US threatens (us threatens) no question was put" in parsed.text
    assert "60 runs · seed 0 · scenarios aaaaaaaaaaaa , bbbbbbbbbbbb" in parsed.text
    assert "alliance-sim compare base us_exits us_threatens" in parsed.text
    for name, shift in (("us exits", 0.2), ("us threatens", 0.4)):
        mean = float((moved(shift)["axis"] - made()["axis"]).isel(month=-1).mean())
        told = f"Strength of the axis not validated {name} all mechanisms +{mean:.3f}"
        assert told in parsed.text
    assert alts(parsed) == []


def test_a_comparison_alone_shows_ridges_of_its_own_effects(quick, tmp_path):
    place = tmp_path / "compare"
    place.mkdir()
    found = several()
    store.write(found, place / store.COMPARISON)
    effects = stacked((0.2, 0.4), scenario=[*TWO], theory=["all mechanisms"]).isel(month=[-1])
    same = {key: found.attrs[key] for key in ("scenario_hashes", "seed", "runs")}
    effects.attrs.pop("scenario_hash", None)
    store.write(effects.assign_attrs(same), place / store.EFFECTS)
    told = alts(Page(page([read_result(place)])))
    assert [each.partition(":")[0] for each in told] == [
        "Change in Strength of the axis",
        "Change in Arms delivered",
    ]
    store.write(effects.assign_attrs({**same, "seed": 9}), place / store.EFFECTS)
    assert alts(Page(page([read_result(place)]))) == []


def test_a_comparison_stands_beside_results(quick, folder, tmp_path):
    place = tmp_path / "compare"
    place.mkdir()
    store.write(several(), place / store.COMPARISON)
    parsed = Page(page([read_result(folder), read_result(place)]))
    assert parsed.faults == []
    assert "2 scenarios against The US leaves the nuclear deal" in parsed.text


@pytest.mark.parametrize("given", ["", "{", "[]", "3", '{"us_exits": 3}'])
def test_a_comparison_with_strange_attributes_is_a_page(quick, given, tmp_path):
    place = tmp_path / "compare"
    place.mkdir()
    strange = {"scenarios": given, "scenario_hashes": given, "versions": given}
    store.write(several().assign_attrs(strange), place / store.COMPARISON)
    parsed = Page(page([read_result(place)]))
    assert "no question was put" in parsed.text
    assert "not known" in parsed.text


def test_conditions_on_the_page(quick, runs, tmp_path):
    place = made_folder(tmp_path / "found", *runs)
    condition = {"name": "a <weight>", "above": "0.68", "below": None, "probabilities": [0.95, 1]}
    condition |= {"quasi_p": 1e-9, "returns": 0.4, "basis": "judgement", "source": "a guess"}
    worth = {"density": 0.52, "coverage": 0.5, "mass": 0.05, "conditions": [condition]}
    rule = {"density": 0.1, "share": 0.9, "conditions": []}
    found = {"hash": runs[0].attrs["scenario_hash"], "when": ["trade>0.5"], "points": 64}
    found |= {"share": 0.125, "finding": "conditions found", "boxes": [worth]}
    found |= {"tree": {"right": 0.9, "guess": 0.8, "rules": [rule]}}
    (place / "discovery.json").write_text(json.dumps(found))
    text = Page(page([read_result(place)])).text
    for told in (
        "When does trade>0.5 come about? At 12.5% of 64 points",
        "at 52% of the points; 50% of all cases are inside, 5% of all points",
        "a <weight> is at least 0.68 (highest 5% of its prior) <0.001 40% judgement a guess",
        "at 10% of the points where anything (90% of all)",
    ):
        assert told in text
    for strange in ("", "[]", "3", "{}", '{"when": 1, "points": 1, "share": "x", "finding": 2}'):
        (place / "discovery.json").write_text(strange)
        assert "discovery.json could not be read" in Page(page([read_result(place)])).text


# -- sentences and words -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.linspace(0.2, 0.3, 50), "is higher in 100% of runs: +0.250 on average, between +0.205"),
        (-np.linspace(0.2, 0.3, 50), "is lower in 100% of runs: −0.250 on average"),
        (np.linspace(-0.1, 0.3, 50), "is higher in 74% of runs and lower in 26%"),
        (np.linspace(-0.3, 0.3, 50), "has no clear direction"),
        (np.zeros(50), "ends as in the baseline in every run"),
        (np.linspace(0.001, 0.002, 50), "is higher in 100% of runs: +0.0015 on average"),
    ],
)
def test_sentences_say_how_sure_one_can_be(quick, values, told, tmp_path):
    baseline = made(runs=50)
    ds = baseline.copy(deep=True)
    ds["axis"] = ds["axis"].astype(float) + values[:, None]
    parsed = Page(page([Result(tmp_path, ds, baseline)]))
    assert f"Strength of the axis {told}" in parsed.text


def test_an_effect_below_the_smallest_of_interest_is_none_to_speak_of(
    quick, runs, scenario, tmp_path
):
    ds = runs[0].copy(deep=True)
    least = scenario.world.outcomes["trade"].least
    ds["trade"] = ds["trade"].astype(float) + 0.5 * least
    parsed = Page(page([Result(tmp_path, ds, runs[0], scenario)]))
    title = scenario.world.outcomes["trade"].name
    assert f"{title} hardly moves" in parsed.text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (numbers.Uniform(uniform=(0, 0.3)), "anything from 0 to 0.3, equally likely"),
        (numbers.Triangular(triangular=(0, 1, 2)), "most likely 1, from 0 to 2 (triangular)"),
        (numbers.Normal(normal=(1, 2)), "about 1 ± 2, 90% between {} and {} (normal)"),
        (numbers.Lognormal(lognormal=(2, 0.5)), "median 2, 90% between {} and {} (lognormal)"),
        (numbers.Beta(beta=(2, 6)), "mean 0.25, 90% between {} and {} (beta 2, 6)"),
    ],
)
def test_distributions_in_words(value, told):
    known = {
        "normal": stats.norm(1, 2),
        "lognormal": stats.lognorm(0.5, scale=2),
        "beta": stats.beta(2, 6),
    }.get(value.kind)
    ends = [f"{end:.3g}" for end in known.interval(0.9)] if known else []
    assert words.distribution(value) == told.format(*ends)


def test_other_distributions_in_words():
    options = numbers.Options(values=(0, 1), probabilities=(0.25, 0.75))
    assert words.distribution(numbers.Categorical(categorical=options)) == "0 (25%) or 1 (75%)"
    kept = numbers.TruncatedNormal(truncated_normal=(0, 1, -0.5, 0.5))
    low, high = stats.truncnorm(-0.5, 0.5).interval(0.9)
    told = f"about 0 ± 1, 90% between {low:.3g} and {high:.3g} (normal, kept from -0.5 to 0.5)"
    assert words.distribution(kept) == told


# -- its form ------------------------------------------------------------------------------


def test_elements_are_nested_and_ids_are_unique(parsed):
    assert parsed.faults == []
    ids = [each["id"] for _, each in parsed.elements if "id" in each]
    assert len(ids) == len(set(ids))
    targets = [each["href"][1:] for _, each in parsed.elements if each.get("href", "")[:1] == "#"]
    assert len(targets) > len(PARTS)
    assert set(targets) <= set(ids)


def test_the_parser_of_these_tests_sees_faults():
    assert Page("<p><b>x</p></b>").faults
    assert Page("<div>").faults
    assert Page('<p id="a" id="b"></p>').faults


def test_nothing_is_fetched_and_nothing_runs(text, parsed):
    assert not {"script", "iframe", "object", "embed", "form", "base"} & {
        name for name, _ in parsed.elements
    }
    for name, attributes in parsed.elements:
        assert not [key for key in attributes if key.startswith("on")], name
        for key in ("src", "href", "data", "poster", "action", "srcset"):
            assert attributes.get(key, "#").startswith(("#", "data:")), (name, key)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert set(re.findall(r"url\((.)", text)) <= {"#"}


def test_it_can_be_read_without_seeing_it(parsed):
    assert parsed.all("html") == [{"lang": "en"}]
    levels = [int(name[1]) for name, _ in parsed.elements if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    pictures = [each for name, each in parsed.elements if name in ("svg", "img")]
    assert len(pictures) > 5
    for each in pictures:
        assert len(each.get("alt") or each.get("aria-label") or "") > 20
    assert all("scope" in each for each in parsed.all("th"))
    assert len(parsed.all("caption")) == len(parsed.all("table"))


def test_the_same_results_give_the_same_page(folder, text):
    assert page([read_result(folder)]) == text


def test_large_pictures_go_in_as_png(runs, tmp_path, monkeypatch):
    monkeypatch.setattr("alliance_sim.report.pictures.LARGEST", 10)
    parsed = Page(page([Result(tmp_path, runs[0])]))
    assert not parsed.all("svg")
    assert all(each["src"].startswith("data:image/png;base64,iVBOR") for each in parsed.all("img"))


# -- strangers -----------------------------------------------------------------------------


def hostile_scenario():
    data = {**small_scenario(), "name": EVIL, "question": EVIL, "about": EVIL}
    data["sources"] = {"decree": f"evil, {EVIL}"}
    world = data["world"]
    world["about"] = EVIL
    world["references"] |= {"evil": EVIL}
    world["arenas"]["aegean"]["name"] = EVIL
    world["agreements"]["thirty_years_peace"]["name"] = EVIL
    world["mechanisms"]["hedging"]["source"] = f"evil, {EVIL}"
    for each in (world["actors"]["athens"], world["outcomes"]["trade"]):
        each["name"] = EVIL
    for driver in world["drivers"].values():
        driver |= {"name": EVIL, "source": f"evil, {EVIL}"}
    return al.read_scenario(data)


def test_texts_of_scenarios_stay_text(tmp_path):
    scenario = hostile_scenario()
    ds = al.run(scenario, 4, 0)
    place = made_folder(tmp_path / "evil", ds, ds)
    (place / "log_run_0.txt").write_text(EVIL)
    claims = judged()
    claims["claims"][0]["statement"] = EVIL
    text = page([read_result(place)] * 2, claims)
    parsed = Page(text)
    test_nothing_is_fetched_and_nothing_runs(text, parsed)
    assert parsed.faults == []
    assert "49" not in re.findall(r"\d+", parsed.texts[0])
    assert EVIL.partition("&")[0] in parsed.text  # all of it is there, as text


def test_attributes_of_files_stay_text(tmp_path):
    keys = ("title", "question", "scenario_hash", "seed", "sampling", "theory", "baseline")
    ds = made(**dict.fromkeys((*keys, "chance", "command"), EVIL))
    ds.attrs["versions"] = json.dumps({EVIL: EVIL})
    ds.attrs["interventions"] = json.dumps([{"id": EVIL, "month": "2018-08"}])
    ds["axis"].attrs |= {"long_name": EVIL, "units": EVIL}
    ds["kind"].attrs["long_name"] = EVIL
    ds = ds.assign_coords(actor_name=("actor", [EVIL] * ds.sizes["actor"]))
    text = page([read_result(made_folder(tmp_path / "evil", ds))])
    test_nothing_is_fetched_and_nothing_runs(text, Page(text))


def test_control_characters_are_left_out(quick, tmp_path):
    turned, joined = "a\u202eb\x00c", "\u0645\u06cc\u200c\u0631\u0648\u062f"
    ds = made(title=f"{turned} {joined}")
    parsed = Page(page([Result(tmp_path, ds)]))
    assert f"abc {joined}" in parsed.text


def test_what_is_not_known_is_said(quick, tmp_path):
    bare = made()
    bare.attrs = {}
    for name in bare.data_vars:
        bare[name].attrs.pop("units", None) if name != "kind" else None
    bare = bare.drop_vars(["alignment_first", "alignment_last", "relation_class", "alignment"])
    parsed = Page(page([read_result(made_folder(tmp_path / "bare", bare))]))
    assert "not known" in parsed.text
    assert "what it assumes is not known" in parsed.text
    assert "What made this result is not known" in parsed.text
    assert "The folder holds no baseline" in parsed.text


@pytest.mark.parametrize("given", ["", "{", "[]", '{"name": "x"}', "null", "3"])
def test_a_scenario_that_cannot_be_read(quick, given, tmp_path):
    ds = made(scenario=given, versions=given, interventions=given)
    parsed = Page(page([read_result(made_folder(tmp_path / "odd", ds))]))
    assert "what it assumes is not known" in parsed.text


def test_a_baseline_with_other_draws_is_left_out_and_said(quick, tmp_path):
    place = made_folder(tmp_path / "mixed", made(), made(seed=9))
    parsed = Page(page([read_result(place)]))
    assert "could not be used: the baseline was run with seed 9" in parsed.text
    assert "Difference from the baseline" not in parsed.text


def test_one_run_is_a_page_too(quick, runs, tmp_path):
    one = [each.isel(run=[0]).assign_attrs(runs=1) for each in runs]
    parsed = Page(page([Result(tmp_path, *one)]))
    assert "over 1 run," in parsed.text
    assert "1 runs" not in parsed.text
    nutshell = parsed.text.split("over 1 run,")[1].split("This is what follows")[0]
    assert "90% of runs" not in nutshell
    assert "in the one run." in nutshell
    table = page([Result(tmp_path, *one)]).split("<caption>Relation classes")[1]
    cells = re.findall(r'<td class="number">([^<]*)</td>', table.split("</table>")[0])
    assert len(cells) >= 4
    assert set(cells[1::2]) == {"–"}  # shares and changes, each with its error


# -- blocs ---------------------------------------------------------------------------------


def test_blocs_on_the_page(quick, scenario, runs, tmp_path):
    place = made_folder(tmp_path / "blocs", *runs)
    assert "one bloc" not in page([read_result(place)])
    found = al.shared_blocs(scenario, runs=int(runs[0].attrs["runs"]), seed=3)
    store.write(found, place / store.BLOCS)
    parsed = Page(page([read_result(place)]))
    assert parsed.faults == []
    table = parsed.source[parsed.source.index("<caption>Who would stand with whom") :]
    table = table[: table.index("</table>")]
    first, second, share = re.search(
        r'row">([^<]*)</th><td class="text">([^<]*)</td><td class="number">([^<]*)%', table
    ).groups()
    actors = dict(zip(found["actor_name"].values, found["actor"].values, strict=True))
    blocs = [[actors[each] for each in side.split(", ")] for side in (first, second)]
    assert sorted([*blocs[0], *blocs[1]]) == sorted(found["actor"].values)
    # In at least so many runs as the partition is the best, any two of a bloc share one.
    for side in blocs:
        pairs = found["shared"].sel(actor=side, other=side)
        assert float(pairs.min()) >= float(share) / 100 - 0.0006
    assert float(share) == pytest.approx(100 * float(found["best_share"].max()), abs=0.06)
    other = found.assign_attrs(scenario_hash="another")
    store.write(other, place / store.BLOCS)
    assert "blocs.nc was made from another state" in Page(page([read_result(place)])).text


# -- several results, claims ---------------------------------------------------------------


def test_several_results_have_a_table_of_all(quick, folder, tmp_path):
    other = made_folder(tmp_path / "other", made(shift=0.2), made())
    text = page([read_result(folder), read_result(other)])
    parsed = Page(text)
    assert parsed.faults == []
    ids = [each["id"] for _, each in parsed.elements if "id" in each]
    assert len(ids) == len(set(ids))
    table = text[text.index("<caption>Effects of all results") :]
    table = table[: table.index("</table>")]
    assert "Strength of the axis" in table
    assert "+0.200 [+0.200, +0.200]" in table
    assert '<td class="number">–</td>' in table  # the other world has no such outcome


def test_claims_are_stated_and_judged(scenario, runs, folder, tmp_path):
    stated = Page(page([Result(folder, runs[0], None, scenario)])).text
    assert "C01" in stated
    assert "tightens the tie between Tehran and Moscow" in stated
    assert "draws as expected" not in stated
    claims = tmp_path / "claims.json"
    claims.write_text(json.dumps(judged(("contradicted", "untestable"))))
    parsed = Page(page([Result(folder, runs[0], None, scenario)], read_claims(claims)))
    assert "contradicted −0.130 (−0.190 to −0.080), Strength of the axis not validated 0.001" in (
        parsed.text
    )
    assert any(
        "Forest plot. C01: contradicted. C02: untestable." in (each.get("aria-label") or "")
        for each in parsed.all("svg")
    )


@pytest.mark.parametrize(
    "given",
    ["", "{", "[]", "{}", '{"claims": []}', '{"claims": [{"id": "C01"}]}', '{"claims": "C01"}'],
)
def test_files_that_hold_no_claims(given, tmp_path):
    file = tmp_path / "claims.json"
    file.write_text(given)
    with pytest.raises(InputError, match="holds no judged claims"):
        read_claims(file)


# -- on the command line -------------------------------------------------------------------


def call(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_report_writes_into_the_folder_or_where_it_is_told(quick, tmp_path):
    place = made_folder(tmp_path / "made", made(shift=0.2), made())
    done = call("report", place)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"Written: {place / 'report.html'}\n"
    assert Page((place / "report.html").read_text(encoding="utf-8")).faults == []
    assert not [*place.glob("*.part")]
    assert call("report", place / store.RESULT, "-o", tmp_path / "page.html").exit_code == 0
    assert (tmp_path / "page.html").read_bytes() == (place / "report.html").read_bytes()


def test_report_tells_all_mistakes_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = made_folder(tmp_path / "results" / "us_exits", made())
    (tmp_path / "other.nc").write_text("x")
    done = call("report", "us_exit", "results", "other.nc", "--claims", "none.json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "there is no folder or file 'us_exit'; did you mean 'results/us_exits'?",
        "there is no result.zarr in 'results'; name one of: results/us_exits",
        "'other.nc' holds no results; give a file or folder that a command of alliance-sim wrote",
        "cannot read 'none.json': no such file or directory; name another",
    ]
    done = call("report", place, "-o", tmp_path / "nowhere" / "page.html")
    assert done.exit_code == 2
    assert "cannot write to" in done.stderr


def test_a_file_of_something_else_is_no_result(tmp_path):
    store.write(made().drop_dims("month"), tmp_path / "odd.nc")
    done = call("report", tmp_path / "odd.nc")
    assert done.exit_code == 2
    assert "does not hold the runs of a scenario" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (("--kind", "matrix"), {"matrix.png"}),
        (("--kind", "network", "--kind", "effects"), {"network.png", "effects.png"}),
        (("--outcome", "arms"), {"fan_arms.png", "effect_arms.png", "horizon_arms.png"}),
        (
            ("--dyad", "russia,iran", "--format", "svg"),
            {"classes_iran-russia.svg"},
        ),
        (("--dyad", "iran->russia", "--format", "pdf"), {"fan_iran_to_russia.pdf"}),
        (("--kind", "fan", "--outcome", "arms"), {"fan_arms.png"}),
    ],
)
def test_plot_draws_what_is_asked_for(arguments, files, tmp_path):
    place = made_folder(tmp_path / "made", made(shift=0.2), made())
    done = call("plot", place, *arguments)
    assert done.exit_code == 0, done.stderr
    assert {each.name for each in (place / "plots").iterdir()} == files
    assert {line.rpartition("/")[2] for line in done.stdout.splitlines()} == files
    for each in (place / "plots").iterdir():
        start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[each.suffix[1:]]
        assert each.read_bytes().startswith(start)


STUDIES = {
    store.EXPLANATION: (explained, {"attribution_iran-russia.png", "utility_iran-russia.png"}),
    store.SENSITIVITY: (
        swung,
        {f"{kind}_{name}.png" for kind in ("tornado", "influence") for name in ("axis", "arms")},
    ),
    store.POINTS: (searched, {"conditions.png"}),
    store.BLOCS: (shared, {"comembership.png"}),
    store.EFFECTS: (
        lambda: stacked((0.2, 0.4), scenario=[*TWO], theory=["all"]),
        {"ridgeline_axis.png", "ridgeline_arms.png"},
    ),
    store.COMPARISON: (
        lambda: several().sel(scenario=["us_exits"]).assign(split().expand_dims(scenario=1)),
        {"variance_split_us_exits.png"},
    ),
}


def weighed():
    """An explanation that says what decisions weighed as well."""
    found = explained()
    terms = (
        found["contribution"]
        .isel(dyad=0, side=0, drop=True)
        .expand_dims(direction=["iran->russia", "russia->iran"])
    )
    return found.assign(weighed=terms.rename(month="decision").drop_vars("decision"))


@pytest.mark.parametrize("file", STUDIES)
def test_plot_draws_what_other_commands_left(file, tmp_path):
    """No runs are needed for it; without the file it says which command makes it."""
    make, files = STUDIES[file]
    make = weighed if make is explained else make
    kinds = [word for kind in KINDS_OF[file] for word in ("--kind", kind)]
    (tmp_path / "made").mkdir()
    done = call("plot", tmp_path / "made", *kinds)
    assert done.exit_code == 2
    for kind, command in KINDS_OF[file].items():
        told = f"there is no {file} in '{tmp_path / 'made'}', from which '{kind}' is drawn"
        assert f"{told}; make it with `alliance-sim {command}" in done.stderr
    store.write(make(), tmp_path / "made" / file)
    done = call("plot", tmp_path / "made", *kinds)
    assert done.exit_code == 0, done.stderr
    assert {each.name for each in (tmp_path / "made" / "plots").iterdir()} == files


def test_plot_of_one_outcome_and_of_a_comparison_alone(tmp_path):
    place = made_folder(tmp_path / "made", moved(0.2), made())
    store.write(swung(), place / store.SENSITIVITY)
    assert call("plot", place, "--outcome", "axis", "--kind", "tornado").exit_code == 0
    assert [each.name for each in (place / "plots").iterdir()] == ["tornado_axis.png"]
    alone = tmp_path / "compare"
    alone.mkdir()
    store.write(several(), alone / store.COMPARISON)
    effects = stacked((0.2, 0.4), scenario=[*TWO], theory=["all"])
    store.write(effects, alone / store.EFFECTS)
    done = call("plot", alone)
    assert done.exit_code == 0, done.stderr
    assert {each.name for each in (alone / "plots").iterdir()} == {
        "ridgeline_axis.png",
        "ridgeline_arms.png",
    }


def test_a_file_that_cannot_be_read_stops_only_what_needs_it(tmp_path):
    place = made_folder(tmp_path / "made", made())
    (place / store.SENSITIVITY).write_text("no dataset")
    assert call("plot", place, "--kind", "matrix").exit_code == 0
    done = call("plot", place, "--kind", "tornado")
    assert done.exit_code == 2
    assert "sensitivity.nc' holds no results" in done.stderr


def test_plot_without_a_kind_draws_what_run_draws(tmp_path):
    from alliance_sim.plots import write_all

    place = made_folder(tmp_path / "made", made(shift=0.2), made())
    assert call("plot", place, "--out", tmp_path / "again").exit_code == 0
    drawn = {each.name for each in (tmp_path / "again").iterdir()}
    result = read_result(place)
    assert drawn == {each.name for each in write_all(result.data, tmp_path, result.baseline)}


def test_plot_draws_claims(tmp_path):
    (tmp_path / "claims.json").write_text(json.dumps(judged()))
    done = call("plot", tmp_path / "claims.json", "--kind", "forest")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "plots" / "forest.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--kind", "fam"), "unknown kind 'fam'; did you mean 'fan'?"),
        (("--kind", "tornados"), "unknown kind 'tornados'; did you mean 'tornado'?"),
        (("--kind", "forest"), "a forest plot is drawn from claims"),
        (("--outcome", "arm"), "this result has no outcome 'arm'; did you mean 'arms'?"),
        (("--dyad", "iran,rusia"), "this result has no dyad 'iran-rusia'; did you mean"),
        (("--kind", "effects"), "no picture of kind effects; the folder holds no baseline"),
    ],
)
def test_plot_says_what_it_cannot_draw(arguments, told, tmp_path):
    done = call("plot", made_folder(tmp_path / "made", made()), *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not (tmp_path / "made" / "plots").exists()


# -- in a browser --------------------------------------------------------------------------

in_browser = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
PHONE, DESK, PAPER = 380, 1280, 680  # pixels; the last is what A4 leaves between its margins


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def files(folder, tmp_path_factory, scenario, runs):
    """A page about one result, and one about several."""
    place = tmp_path_factory.mktemp("pages")
    other = made_folder(place / "other", made(shift=0.2), made())
    (place / "claims.json").write_text(json.dumps(judged()))
    one = write(folder, place / "one.html", place / "claims.json")
    return one, write([folder, other], place / "several.html")


@in_browser
def test_console_stays_empty_and_nothing_is_asked_for(browser, files):
    for file in files:
        browser.open(file, DESK)
        assert browser.console == []
        assert [each for each in browser.requests if not each.startswith("data:")] == [
            file.resolve().as_uri()
        ]


@in_browser
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_itself_never_scrolls_sideways(browser, files, width):
    for file in files:
        browser.open(file, width)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width


@in_browser
def test_wide_tables_scroll_by_themselves_on_a_phone(browser, files):
    browser.open(files[0], PHONE)
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
    assert browser.evaluate(f"{wide}.length") > 3
    assert browser.evaluate("getComputedStyle(document.querySelector('td')).fontSize") >= "14"


@in_browser
def test_nothing_is_cut_off_on_paper(browser, files):
    browser.open(files[0], PAPER)
    browser.tell("Emulation.setEmulatedMedia", media="print")
    right = (
        "Math.max(...[...document.querySelectorAll('th, td, p, li, dd, figure, svg.picture')]"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert browser.evaluate(right) <= PAPER
    browser.tell("Emulation.setEmulatedMedia", media="")


@in_browser
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="there is no pdftotext here")
def test_all_parts_are_in_print(browser, files, tmp_path):
    browser.open(files[0], DESK)
    browser.print(tmp_path / "page.pdf")
    done = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"], capture_output=True, check=True
    )
    printed = done.stdout.decode()
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", files[0].read_text(encoding="utf-8"))
    assert len(headings) > 7
    assert all(heading in printed for heading in headings)
    assert printed.rstrip().endswith("Consequences of stated assumptions, not forecasts.")


@in_browser
def test_the_browser_of_these_tests_sees_faults(browser, tmp_path):
    file = tmp_path / "bad.html"
    file.write_text(
        "<!DOCTYPE html><title>x</title><img src='http://127.0.0.1:9/x.png' alt=''>"
        "<script>console.error('broken'); undefined_name</script>"
        "<p style='width: 900px'>wide</p>"
    )
    browser.open(file, PHONE)
    assert any("broken" in each for each in browser.console)
    assert any("Uncaught" in each for each in browser.console)
    assert any("127.0.0.1" in each for each in browser.requests)
    assert browser.evaluate("document.documentElement.scrollWidth") > PHONE
