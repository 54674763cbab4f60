"""How far outcomes are validated: from the file of skill to every table, picture and page."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from datasets import made, moved, searched, stacked, swung
from pydantic import TypeAdapter
from rich.console import Console
from typer.testing import CliRunner

import alliance_sim as al
from alliance_sim import plots, store, validation
from alliance_sim.analysis import comparison, summary
from alliance_sim.cli import app
from alliance_sim.cli.claims import claims_view
from alliance_sim.errors import InputError
from alliance_sim.observations.forms import MEASURES
from alliance_sim.observations.parameters import LATENTS
from alliance_sim.observations.skill import Skill
from alliance_sim.report.folders import read_result
from alliance_sim.report.page import page
from alliance_sim.scoring import RIVALS
from alliance_sim.spec import outcomes as oc
from alliance_sim.spec.observables import IN_DOMAINS, VOTES, observable_of
from alliance_sim.spec.signals import SIGNAL_KINDS
from alliance_sim.validation import KEY, NOT_VALIDATED

FILE = """\
observables:
  votes:
    forecast: pure
    from: 2012
    to: 2016
    ahead: [1, 5]
    pairs: 123
    score: crps
    skill:
      persistence: [0.10, 0.02, 0.18]
      local_level: [-0.05, -0.12, 0.02]
    command: alliance-sim backtest --observations FILE --from 2012 --to 2016 --seed 0
    world: west_asia_1991
"""
TEXT = (
    "votes, pure forecasts 1-5 years ahead, 2012-2016, of west_asia_1991: CRPS skill -0.05 (-0.12 "
    "to +0.02) against local level, +0.10 (+0.02 to +0.18) against persistence"
)
DOCS = Path(__file__).parents[1] / "docs"
MARK = "CRPS skill -0.05 against local level"


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """A machine on which a backtest has scored votes, and nothing else."""
    file = tmp_path / "skill.yaml"
    file.write_text(FILE)
    monkeypatch.setattr("alliance_sim.observations.skill.shipped_skill", lambda: file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    return tmp_path


# -- which outcome shows in which observable ---------------------------------------------------

IRAN_RUSSIA, ARMS, TRUST = (
    {"alignment": "iran->russia"},
    {"cooperation": {"dyad": "iran-russia", "domain": "arms"}},
    {"trust": "iran->russia"},
)
PLACED = {
    "arena": ({"arena": "syria"}, None),
    "alignment": (IRAN_RUSSIA, "votes"),
    "trust": (TRUST, None),
    "coercion": ({"coercion": "united_states->iran"}, None),
    "threat": ({"threat": "iran->israel"}, None),
    "common_threat": ({"common_threat": "iran-russia"}, None),
    "commitment": ({"commitment": "iran-russia"}, None),
    "cooperation": (ARMS, "arms"),
    "presence": ({"presence": {"of": "russia", "in": "syria"}}, None),
    "capability": ({"capability": "iran"}, None),
    "government": ({"government": {"of": "iran", "is": "pragmatic"}}, None),
    "agreement": ({"agreement": {"id": "jcpoa"}}, None),
    "choice": ({"choice": "votes"}, None),
    "partners": ({"partners": {"of": "iran", "domain": "arms", "from": 0.1}}, None),
    "product": ({"product": [ARMS, ARMS]}, "arms"),
    "minimum": ({"minimum": [IRAN_RUSSIA, {"alignment": "china-iran"}]}, "votes"),
    "mean": ({"mean": [IRAN_RUSSIA, {"alignment": "iran->china"}]}, "votes"),
    "absence": ({"absence": ARMS}, "arms"),
    "rescaled": ({"rescaled": IRAN_RUSSIA}, "votes"),
    "relation_class": ({"relation_class": "iran-russia"}, None),
    "fallen": ({"fallen": {"of": "axis", "by": 0.1}}, None),
    "variance": ({"variance": "axis"}, None),
    "effect": ({"effect": {"on": "axis", "reports": "persistence"}}, None),
}
"""An example of every kind of measure, and its observable."""
OTHERS = {"relation_class", "fallen", "variance", "effect"}


def observable(measure):
    return observable_of(TypeAdapter(oc.Measure).validate_python(measure))


def test_every_kind_of_measure_is_placed():
    kinds = {*SIGNAL_KINDS, *OTHERS}
    declared = {each.__name__ for each in vars(oc).values() if isinstance(each, type)}
    assert {each for each in declared if each.endswith("Measure")} == {
        "ClassMeasure",
        "FallenMeasure",
        "VarianceMeasure",
        "EffectMeasure",
    }
    assert set(PLACED) == kinds


@pytest.mark.parametrize("kind", PLACED)
def test_each_measure_has_its_observable(kind):
    measure, expected = PLACED[kind]
    assert observable(measure) == expected


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ({"alignment": "iran-russia"}, "votes"),
        ({"cooperation": {"dyad": "iran-russia", "domain": "trade"}}, "trade"),
        ({"cooperation": {"dyad": "iran-russia", "domain": "energy"}}, None),
        ({"cooperation": {"dyad": "iran-russia"}}, None),  # the mean of domains that are not seen
        ({"mean": [IRAN_RUSSIA, ARMS]}, None),
        ({"mean": [IRAN_RUSSIA, TRUST]}, None),
        ({"product": [TRUST, TRUST]}, None),
        ({"minimum": [{"absence": ARMS}, {"mean": [ARMS, {"rescaled": ARMS}]}]}, "arms"),
        ({"minimum": [{"absence": ARMS}, {"mean": [ARMS, {"rescaled": IRAN_RUSSIA}]}]}, None),
    ],
)
def test_a_measure_of_several_shows_where_all_of_them_do(measure, expected):
    assert observable(measure) == expected


def test_observables_are_measures_that_show_in_what_the_outcome_is():
    assert LATENTS[VOTES] == "alignment"
    for domain, name in IN_DOMAINS.items():
        assert LATENTS[name] == f"cooperation.{domain}"
    assert {VOTES, *IN_DOMAINS.values()} <= {*MEASURES}


# -- the file ----------------------------------------------------------------------------------


def test_a_written_file_reads_as_the_same(scored):
    found = Skill.read("skill.yaml")
    Path("again.yaml").write_text(found.as_yaml())
    assert Skill.read("again.yaml") == found
    assert Skill().as_yaml() == "observables: {}\n"


def test_the_shipped_file_is_read():
    for name, each in Skill.read().observables.items():
        assert validation.mark(each.text(name)) != NOT_VALIDATED


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("[1, 5]", "[5, 1]", 6, "5 comes after 1"),
        ("to: 2016", "to: 2011", 5, "2012 comes after 2011"),
        ("pairs: 123", "pairs: 0", 7, "0 is below 1"),
        ("pairs: 123", "peers: 123", 7, "did you mean 'pairs'"),
        ("forecast: pure", "forecast: pur", 3, "did you mean 'pure'"),
        ("  votes:", "  vote:", 2, "did you mean 'votes'"),
        ("0.02, 0.18]", "0.02, 1.18]", 10, "skill of 1 against persistence"),
        ("-0.12, 0.02]", "0.12, 0.02]", 10, "interval against local_level does not rise"),
        ("-0.12, 0.02]", "-0.12]", 11, "item 3 of the list is missing"),
        ("0.10, 0.02", ".nan, 0.02", 10, "must be a finite number"),
        ("persistence:", "'a: b, c':", 10, "does not have the right form"),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_place(scored, old, new, line, told):
    Path("bad.yaml").write_text(FILE.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        Skill.read("bad.yaml")
    assert any(each.line == line and told in str(each) for each in caught.value.problems)


def test_the_page_of_the_docs_shows_a_file_and_what_is_said_of_it(scored):
    told = (DOCS / "validation.md").read_text()
    Path("docs.yaml").write_text(re.search(r"```yaml\n(.*?)```", told, re.DOTALL)[1])
    said = Skill.read("docs.yaml").of("votes")
    assert f"> {said}\n" in told
    assert f"`{validation.mark(said)}`" in told
    assert validation.NOTE.endswith("docs/validation.md says more.")


# -- words -------------------------------------------------------------------------------------


def test_the_text_names_every_rival_and_the_mark_the_worst(scored):
    assert Skill.read().of("votes") == TEXT
    assert validation.mark(TEXT) == MARK


def test_rivals_are_called_as_a_backtest_calls_them(scored):
    for name in (*RIVALS, "regression"):
        text = FILE.replace("persistence", "other").replace("local_level", f'"{name}"')
        Path("other.yaml").write_text(text)
        said = Skill.read("other.yaml").of("votes")
        assert validation.mark(said) == f"CRPS skill -0.05 against {name}"


@pytest.mark.parametrize("worst", [-2.0, -0.004, 0.0, 0.3])
def test_the_worst_rival_is_always_in_the_mark(worst):
    rivals = {"a": (0.4, 0.2, 0.5), "worst_of_all": (worst, worst - 1, 0.9), "b": (0.5, 0.5, 0.6)}
    said = validation.text("trade", "1 year ahead", "CRPS", rivals)
    assert all(name in said for name in ("a", "b", "worst of all"))
    told, _, rival = validation.mark(said).removeprefix("CRPS skill ").partition(" against ")
    assert rival == "worst of all"
    assert float(told) == pytest.approx(worst, abs=0.005)
    assert told not in ("-0.00", "+0.00")


def test_what_has_no_observable_or_no_score_is_not_validated(scored):
    found = Skill.read()
    assert found.of(None) == found.of("arms") == NOT_VALIDATED
    assert validation.mark(NOT_VALIDATED) == NOT_VALIDATED
    assert validation.said_of({}) == NOT_VALIDATED  # results from before it was said
    assert validation.notes([]) == []
    assert validation.notes([NOT_VALIDATED, NOT_VALIDATED]) == [validation.NOTE]
    assert validation.notes([TEXT, TEXT]) == [TEXT, validation.SKILL_NOTE]


# -- results -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short():
    scenario = al.load_scenario("us_exits_jcpoa")
    names = ("iran_to_russia", "alliance_type", "trust_iran_in_russia")
    horizon = scenario.horizon.model_copy(update={"months": 8})
    return scenario.model_copy(update={"outcomes": names, "horizon": horizon})


def test_results_say_it_of_every_outcome_and_stores_keep_it(scored, short):
    kept = al.run(short, runs=2, store="kept.zarr")
    for ds in (al.run(short, runs=2), kept, al.open_results("kept.zarr")):
        said = {str(name): each.attrs.get(KEY) for name, each in ds.data_vars.items()}
        assert said["iran_to_russia"] == said["alignment"] == said["alignment_last"] == TEXT
        assert (
            said["alliance_type"]
            == said["trust_iran_in_russia"]
            == said["relation_class"]
            == NOT_VALIDATED
        )


def test_a_store_from_before_is_read_as_not_validated(scored, short):
    import zarr

    al.run(short, runs=2, store="old.zarr")
    group = zarr.open_group("old.zarr", mode="r+")
    group.attrs["format"] = "1.0"
    for name in ("iran_to_russia", "alliance_type"):
        kept = dict(group[name].attrs)
        del kept[KEY]
        group[name].attrs.put(kept)
    ds = al.open_results("old.zarr")
    assert KEY not in ds["iran_to_russia"].attrs
    assert set(summary.horizon_table(ds)[KEY]) == {NOT_VALIDATED}
    assert "not validated" in plots.fan(ds, "iran_to_russia").get_ylabel()


def test_effects_keep_it(scored, short):
    change = al.compare("baseline_2018", short, runs=2)
    assert change["iran_to_russia"].attrs[KEY] == TEXT
    assert change["alliance_type"].attrs[KEY] == NOT_VALIDATED


def test_a_comparison_has_it_by_outcome_in_every_table_of_outcomes(scored, short):
    ds = al.run(short, runs=4)
    names = ["iran_to_russia", "alliance_type"]
    pair = comparison.of_pair(ds[names], ds[names])
    whole = comparison.comparison({("exit", "all"): pair})
    for rows in (comparison.effect_rows, comparison.divergence_rows):
        table = rows(whole).groupby("outcome")[KEY].unique()
        assert list(table["iran_to_russia"]) == [TEXT]
        assert list(table["alliance_type"]) == [NOT_VALIDATED]


# -- commands ----------------------------------------------------------------------------------


def call(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--quiet", "--workers", "1"])
    assert result.exit_code == 0, result.output
    return result.stdout


QUICK = ("--runs", 8, "--no-plots", "--set", "horizon.months=8", "--out", "out")


def rows_of(name):
    with open(f"out/{name}.csv", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_run_says_it_in_tables_files_and_json(scored):
    told = call("run", "us_exits_jcpoa", *QUICK)
    assert MARK in told
    assert told.count("not validated") > 6
    flat = " ".join(told.split())
    assert TEXT in flat
    assert flat.count("docs/validation.md") == 1
    summary_rows = {row["outcome"]: row[KEY] for row in rows_of("summary")}
    assert summary_rows["iran_to_russia"] == TEXT
    assert summary_rows["trust_iran_in_russia"] == NOT_VALIDATED
    assert {row[KEY] for row in rows_of("classes")} == {NOT_VALIDATED}
    found = json.loads(call("run", "us_exits_jcpoa", *QUICK, "--json"))
    assert {name: each[KEY] for name, each in found["outcomes"].items()} == summary_rows
    classes = [row for each in found["classes"].values() for row in each.values()]
    assert {row[KEY] for row in classes} == {NOT_VALIDATED}


def test_compare_says_it(scored):
    arguments = ("compare", "baseline_2018", "us_exits_jcpoa", *QUICK, "--replicates", 1)
    told = call(*arguments)
    assert MARK in told
    assert "not validated" in told
    assert {row[KEY] for row in rows_of("comparison")} == {TEXT, NOT_VALIDATED}
    found = json.loads(call(*arguments, "--json"))
    (theory,) = found["scenarios"][0]["theories"].values()
    assert theory["outcomes"]["iran_to_russia"][KEY] == TEXT
    assert theory["outcomes"]["alliance_type"][KEY] == NOT_VALIDATED


STUDIED = ("us_exits_jcpoa", "--no-plots", "--set", "horizon.months=8", "--out", "out")
SCREENED = ("--no-baseline", "--method", "morris", "--trajectories", 2, "--outcome")


def test_sensitivity_says_it(scored):
    told = call("sensitivity", *STUDIED, *SCREENED, "iran_to_russia")
    assert f"({MARK})" in " ".join(told.split())
    assert {row[KEY] for row in rows_of("sensitivity")} == {TEXT}
    found = json.loads(call("sensitivity", *STUDIED, *SCREENED, "alliance_type=tactical", "--json"))
    assert found["outcomes"]["alliance_type=tactical"][KEY] == NOT_VALIDATED


def test_discover_says_it(scored):
    when = ("--runs", 16, "--when")
    assert MARK in call("discover", *STUDIED, *when, "iran_to_russia>0.5")
    found = json.loads(call("discover", *STUDIED, *when, "alliance_type=tactical", "--json"))
    assert found[KEY] == {"alliance_type": NOT_VALIDATED}


def test_explain_says_it_of_alignments(scored):
    some = ("explain", "us_exits_jcpoa", *QUICK)
    assert MARK in call(*some)
    assert json.loads(call(*some, "--json"))[KEY] == TEXT
    drawn = plots.attribution(store.read(Path("out") / store.EXPLANATION))
    assert MARK in drawn.get_ylabel().replace("\n", " ")


def test_claims_say_it_of_their_outcomes(scored):
    report = al.judge_claims(["C02"], runs=2, workers=1)
    (row,) = report.claims
    assert [each[KEY] for each in row["outcomes"]] == [TEXT]
    bare = [{key: value for key, value in each.items() if key != KEY} for each in row["outcomes"]]
    older = replace(report, claims=(row | {"outcomes": bare},))
    for each, mark in ((report, MARK), (older, NOT_VALIDATED)):
        console = Console(width=110, record=True, file=StringIO())
        console.print(claims_view(each))
        assert mark in " ".join(console.export_text().split())
        assert mark in letters(plots.forest(each))


# -- pictures ----------------------------------------------------------------------------------


def letters(drawn):
    whole = drawn.get_figure(root=True)
    found = [each.get_text() for each in whole.findobj(lambda each: hasattr(each, "get_text"))]
    return " ".join(" ".join(found).split())


def scored_data(ds):
    """Results whose outcomes were all validated."""
    for each in ds.data_vars.values():
        each.attrs[KEY] = TEXT
    return ds


FROM_RUNS = {
    "classes": lambda ds: plots.classes(ds, "kind"),
    "pair": lambda ds: plots.classes(ds, "iran-russia"),
    "effect_fan": lambda ds: plots.effect_fan(ds, "axis", baseline=made()),
    "effects": lambda ds: plots.effects(ds, made()),
    "fan": lambda ds: plots.fan(ds, "axis"),
    "alignment": lambda ds: plots.fan(ds, "alignment", dyad="iran-russia"),
    "horizon": lambda ds: plots.horizon(ds, "arms"),
    "bars": lambda ds: plots.horizon(ds, "kind", baseline=made()),
    "matrix": plots.matrix,
    "network": plots.network,
    "overview": plots.overview,
}
WITH_OUTCOMES = {
    "influence": (plots.influence, swung),
    "tornado": (plots.tornado, swung),
    "ridgeline": (
        lambda ds: plots.ridgeline(ds, "axis"),
        lambda: stacked((0.2, 0.4), scenario=["one", "two"]),
    ),
    "conditions": (plots.conditions, searched),
}


@pytest.mark.parametrize("name", FROM_RUNS)
def test_pictures_of_runs_say_it(name):
    assert "not validated" in letters(FROM_RUNS[name](moved(0.2)))
    told = letters(FROM_RUNS[name](scored_data(moved(0.2))))
    assert MARK in told
    assert "not validated" not in told


@pytest.mark.parametrize("name", WITH_OUTCOMES)
def test_pictures_of_studies_say_it(name):
    draw, data = WITH_OUTCOMES[name]
    assert "not validated" in letters(draw(data()))
    ds = scored_data(data())
    ds.attrs[KEY] = json.dumps({"axis": TEXT})
    if "outcome" in ds.dims:
        ds = ds.assign_coords({KEY: ("outcome", [TEXT] * ds.sizes["outcome"])})
    assert MARK in letters(draw(ds))


# -- the page ----------------------------------------------------------------------------------


def test_the_page_says_it_beside_each_outcome_and_among_the_assumptions(scored, short):
    al.run(short, runs=2, store="out/result.zarr")
    text = page([read_result(Path("out"))])
    assert text.count(f'<span class="mark">{MARK}</span>') >= 2  # in a sentence and in a table
    assert text.count('<span class="mark">not validated</span>') >= 4
    table = text[text.index("What a backtest found of each outcome") :]
    table = table[: table.index("</table>")]
    assert table.count(TEXT) == 2  # of the outcome, and of the alignments of dyads
    assert table.count(NOT_VALIDATED) == 3  # trust, and both kinds of relation classes
    assert "Validated in part" in text


def test_the_page_of_what_nothing_was_scored_of(tmp_path):
    place = tmp_path / "plain"
    place.mkdir()
    store.write(made(), place / store.RESULT)
    text = page([read_result(place)])
    assert "CRPS skill" not in text
    assert text.count("not validated") > 5
    assert "<strong>Not validated.</strong>" in text
