"""Scenarios times theories: every cell is the plain comparison, and what cannot be is refused."""

import numpy as np
import pytest
import xarray as xr
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.analysis import effects, summary
from alliance_sim.analysis.variance import variance_split
from alliance_sim.errors import DifferentWorldsWarning, InputError
from alliance_sim.simulate import cross, reporting_like

RUNS = 9


def scenario(name="Breach", *, interventions=None, outcomes=None, **changes):
    data = small_scenario()
    if interventions is not None:
        ids = set(interventions)
        data["interventions"] = [each for each in data["interventions"] if each["id"] in ids]
        data["sources"] = {}
    if outcomes is not None:
        data["outcomes"] = outcomes
    return al.read_scenario({**data, "name": name, **changes})


@pytest.fixture(scope="module")
def calm():
    return scenario("Calm", interventions=[])


@pytest.fixture(scope="module")
def breach():
    return scenario(outcomes=["trade", "kind_of_tie"])


def test_every_cell_is_the_comparison_of_its_own(calm, breach):
    coup = scenario("Coup", interventions=["coup"], outcomes=["kind_of_tie", "trade"])
    theories = [None, "ties"]
    whole = al.compare(calm, [breach, coup], RUNS, 3, theories=theories, replicates=2)
    assert whole["trade"].dims == ("scenario", "theory", "replicate", "run", "month")
    assert whole["trade"].shape[:4] == (2, 2, 2, RUNS)
    assert list(whole["theory"].values) == ["all mechanisms", "ties"]
    assert list(whole["scenario"].values) == ["Breach", "Coup"]
    for each in (breach, coup):
        for theory, label in zip(theories, whole["theory"].values, strict=True):
            changed = each.model_copy(update={"theory": theory})
            plain = al.compare(calm, changed, RUNS, 3)
            cell = whole.sel(scenario=each.name, theory=label)
            for name in ("trade", "kind_of_tie"):
                np.testing.assert_array_equal(cell[name].isel(replicate=0), plain[name])
            again = summary.paired(
                *(
                    al.run(one, RUNS, 3, replicate=1)
                    for one in (reporting_like(calm, changed), changed)
                )
            )
            np.testing.assert_array_equal(cell["trade"].isel(replicate=1), again["trade"])


def test_only_what_is_asked_for_is_a_dim(calm, breach):
    plain = al.compare(calm, breach, RUNS)
    assert plain["trade"].dims == ("run", "month")
    assert al.compare(calm, [breach], RUNS)["trade"].dims == ("scenario", "run", "month")
    found = al.compare(calm, breach, RUNS, theories=["ties"])
    assert found["trade"].dims == ("theory", "run", "month")
    baseline = reporting_like(calm, breach)
    expected = summary.paired(al.run(baseline, RUNS), al.run(breach, RUNS))
    xr.testing.assert_identical(plain, expected)


def test_equal_baselines_are_run_once(calm, breach, monkeypatch):
    ran = []

    def noted(one, *args, **options):
        ran.append((one.name, one.theory, options["replicate"]))
        return al.run(one, *args, **options)

    monkeypatch.setitem(al.compare.__globals__, "run", noted)
    other = scenario("Other", interventions=["coup"], outcomes=["trade"])
    al.compare(calm, [breach, other], 2, theories=[None, "ties"], replicates=2)
    assert len(ran) == len(set(ran)) == 3 * 2 * 2
    assert sum(name == "Calm" for name, *_ in ran) == 4


def test_all_report_what_one_of_them_reports_and_record_what_all_record(calm, breach):
    other = scenario("Other", outcomes=["trade"], dyads=[])
    one, two = cross(calm, {"breach": breach, "other": other})
    assert one.scenario.outcomes == two.scenario.outcomes == ("trade", "kind_of_tie")
    assert one.scenario.dyads == ()
    [alone] = cross(calm, {"breach": breach})
    assert alone.scenario == breach
    assert one.baseline == two.baseline


def test_outcomes_that_worlds_define_differently_are_left_out(calm, breach):
    data = small_scenario()
    data["world"]["outcomes"]["trade"]["unit"] = "drachmas"
    other = al.read_scenario({**data, "outcomes": ["trade", "kind_of_tie"]})
    with pytest.warns(DifferentWorldsWarning, match=r"left out.*: trade"):
        found = cross(calm, {"breach": breach, "other": other})
    assert {pair.scenario.outcomes for pair in found} == {("kind_of_tie",)}
    only = [each.model_copy(update={"outcomes": ("trade",)}) for each in (breach, other)]
    with pytest.raises(InputError, match="none of their outcomes alike"):
        cross(calm, dict(zip("ab", only, strict=True)))


@pytest.mark.parametrize(
    ("theories", "said"),
    [
        (["tyes"], "unknown theory 'tyes'; did you mean 'ties'"),
        (["ties", "ties"], "theory 'ties' is named twice"),
        ([], "no theory is named"),
        ("ties", "give a list of names"),
        ([7], "unknown theory '7'"),
    ],
)
def test_theories_that_are_none_are_refused(calm, breach, theories, said):
    with pytest.raises(InputError, match=said):
        al.compare(calm, breach, RUNS, theories=theories)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon": {"start": "1432-01", "months": 50}}, "has horizon 60 months from 1432-01"),
        ({"sampling": "monte_carlo"}, "has sampling sobol, 'Other' has monte_carlo"),
        ({"theory": "ties"}, "name the theories to compare"),
    ],
)
def test_scenarios_that_cannot_be_set_side_by_side_are_refused(calm, breach, changes, said):
    with pytest.raises(InputError, match=said):
        al.compare(calm, [breach, scenario("Other", **changes)], RUNS)


def test_scenarios_need_names_of_their_own_and_there_must_be_one(calm, breach):
    with pytest.raises(InputError, match="two scenarios are called 'Breach'"):
        al.compare(calm, [breach, breach], RUNS)
    with pytest.raises(InputError, match="no scenario is given"):
        al.compare(calm, [], RUNS)
    with pytest.raises(InputError, match="replicates is 0"):
        al.compare(calm, breach, RUNS, replicates=0)
    with pytest.raises(InputError, match="a scenario cannot be 7"):
        al.compare(calm, 7, RUNS)


def test_no_run_diverges_before_its_intervention():
    names = ("baseline_2018", "nato_expands")
    baseline, ds = (al.load_scenario(name) for name in names)
    begins = min(str(each.at) for each in ds.interventions)
    before, after = (al.run(one, 64, 7) for one in (reporting_like(baseline, ds), ds))
    found = effects.effects(before, after)
    months = [str(month)[:7] for month in found["month"].values]
    start = months.index(begins)
    assert start > 0
    for name in found["outcome"].values:
        first = float(found["divergence_first_q05"].sel(outcome=name))
        assert np.isnan(first) or first >= start
    assert np.isfinite(found["divergence_first_q50"].sel(outcome="russia_to_iran"))


@pytest.mark.parametrize("sampling", ["latin_hypercube", "monte_carlo"])
def test_theories_share_the_parameters_of_every_run(breach, sampling):
    changed = breach.model_copy(update={"sampling": sampling})
    one, two = (
        al.run(changed.model_copy(update={"theory": theory}), RUNS) for theory in (None, "ties")
    )
    # Weights of mechanisms that a theory does not admit are drawn for the other alone.
    both = [name for name in one["parameter"].values if name in two["parameter"].values]
    assert len(both) > 10
    np.testing.assert_array_equal(
        one["parameters"].sel(parameter=both), two["parameters"].sel(parameter=both)
    )


def test_levels_are_split_like_effects(breach):
    """By two replicates alone, where closed forms need no analysis of variance."""
    ensembles = [al.run(breach, 40, 1, replicate=k)[["trade"]] for k in (0, 1)]
    both = xr.concat(ensembles, "replicate", combine_attrs="drop")
    found = variance_split(both).sel(outcome="trade")
    one, two = (each["trade"].to_numpy().astype(float) for each in ensembles)
    # With two replicates a run's variance is half the squared difference.
    chance = ((one - two) ** 2 / 2).mean(axis=0)
    np.testing.assert_allclose(found["variance_chance"], chance, rtol=1e-9)
    # The covariance of two replicates is what their parameters share: the same estimator.
    shared = [np.cov(a, b)[0, 1] for a, b in zip(one.T, two.T, strict=True)]
    between = [np.var((a + b) / 2, ddof=1) for a, b in zip(one.T, two.T, strict=True)]
    np.testing.assert_allclose(found["variance_parameter"], between - chance / 2, atol=1e-12)
    error = found["variance_parameter_error"].to_numpy()
    assert (np.abs(found["variance_parameter"] - shared) <= 2 * error + 1e-12).all()
