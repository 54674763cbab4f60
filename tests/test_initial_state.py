"""Initial values from data files: values by hand, directions, errors, and the shipped file."""

import math
import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from alliance_sim.errors import InputError
from alliance_sim.initial_state import (
    Evidence,
    InitialState,
    actor_id,
    alignment,
    arms,
    coercion,
    commitment,
    diplomacy,
    dispute_pressure,
    initial_state,
    proximity,
    security,
    trade,
    trust,
)

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "scenarios" / "worlds" / "west_asia_2018_initial.yaml"
ACTORS = [
    *("AFG", "ARE", "CHN", "DEU", "FRA", "GBR", "IRN"),
    *("IRQ", "ISR", "RUS", "SAU", "SYR", "TUR", "USA"),
]

STRUCTURE = (
    "iso_a,iso_b,year,atop_defense,atop_offense,atop_neutral,atop_nonagg,atop_consul,igo_shared,"
    "cowmid_hostlev,cow_peace_years,ucdp_interstate,min_distance_km\n"
)
GSDB = (
    "target,senders,start_year,end_year,trade,arms,military,financial,travel,other,s_us,s_eu,s_un,"
    "s_uk,ongoing_2022\n"
)
FILES = {
    "states.csv": "iso3,name\nAAA,Aland\nBBB,Great Borduria (Bord before 1990)\n"
    "FRA,Third Land\nUSA,Fourth Land\n",
    "state_year.csv": "iso3,year,nmc_cinc,gdp_current_usd\nAAA,2015,0.5,1\nAAA,2016,0.01,1e11\n"
    "BBB,2016,0.02,4e11\nFRA,2016,0.03,1e12\nUSA,2015,0.04,1e12\n",
    "unga_dyad_calendar_year.csv": "iso_a,iso_b,year,kappa_w\nAAA,BBB,2012,-1\nAAA,BBB,2014,0.5\n"
    "AAA,BBB,2015,0.3\nAAA,BBB,2016,0.4\nAAA,FRA,2015,0.2\nAAA,FRA,2016,0.0\nBBB,FRA,2016,0.6\n",
    # Distances in 2015-2016: AAA-BBB 1, AAA-FRA 2 (2015) and 3 (2016), BBB-FRA 2.
    "unga_ideal_points.csv": "iso3,year,ideal_point\nAAA,2014,0\nBBB,2014,1\nAAA,2015,0\n"
    "BBB,2015,1\nFRA,2015,2\nAAA,2016,0\nBBB,2016,1\nFRA,2016,3\nUSA,2016,1\n",
    "dyad_year_structure.csv": STRUCTURE + "AAA,BBB,2014,0,0,0,1,0,40,4,0,0,250\n"
    "AAA,BBB,2016,0,0,0,1,0,,,,0,250\nAAA,FRA,2014,1,0,0,1,0,60,0,80,0,3000\n",
    "dyad_static.csv": "iso_a,iso_b,capital_distance_km,contiguity_2016\nAAA,BBB,900,5\n"
    "AAA,FRA,4000,0\nBBB,FRA,500,1\nAAA,USA,9000,0\n",
    "rivalries.csv": "iso_a,iso_b,start,end,positional,spatial,ideological,interventionary,"
    "principal,aprin,censored_2020\nAAA,BBB,2000,2020,1,0,0,0,0,1,1\n"
    "AAA,FRA,1990,2016,1,1,1,1,1,0,0\n",
    "ucdp_involvement.csv": "conflict_id,year,iso3,side,role,intensity\n1,2016,ZZZ,a,primary,1\n",
    "sanctions_gsdb_cases.csv": GSDB
    + 'AAA,"Great Borduria, Elsewhere",2010,2022,1,1,0,0,0,0,0,0,0,0,1\n'
    "AAA,UN,2010,2022,1,1,1,1,1,1,0,0,1,0,1\n"
    "BBB,United States,2010,2016,1,1,1,1,1,1,1,0,0,0,0\n",
    "sanctions_eusanct_cases.csv": "target,sender,start_year,end_year,intensity\n"
    "AAA,EU,2005,,9\nAAA,US,2005,2012,36\nAAA,UN,2005,,36\n",
    "arms_dyad_year.csv": "supplier,recipient,year,tiv_delivered\nAAA,BBB,2011,9000\n"
    "AAA,BBB,2012,500\nBBB,AAA,2016,200\n",
    "trade_dyad_year.csv": "exporter,importer,year,cow_imports_musd,itpd_current_musd\n"
    "AAA,BBB,2014,7000,100\nAAA,BBB,2016,,200\nBBB,AAA,2014,400,\nFRA,AAA,2010,5,5\n",
}


def write(folder: Path, **more: str) -> Path:
    """Write the made-up files, with lines added to some (by the file's name without .csv)."""
    for file, text in FILES.items():
        (folder / file).write_text(text + more.get(file.removesuffix(".csv"), ""), encoding="utf-8")
    return folder


def dyad(state: InitialState, key: str) -> dict[str, object]:
    """One dyad as a reader of the YAML text sees it."""
    return dict(YAML(typ="safe").load(state.to_yaml())["dyads"][key])


# --- Values worked out by hand ---------------------------------------------------------------


def test_one_dyad_by_hand(tmp_path: Path) -> None:
    """Votes 0.4; principal rivals over one kind; one dispute at level 4 in the last year.

    Rivalry is 0.2 + 0.1 + 0.2 = 0.5, the dispute 1 - exp(-3/4) = 0.527633, the treaty
    0.2 * 0.5 = 0.1, and two kinds of measure make 1/3 of the sanctions scale.
    """
    found = dyad(initial_state(write(tmp_path), 2016, ["AAA", "BBB"]), "aland-great_borduria")
    # 0.24 - 0.5 - 0.211053 + 0.03 = -0.441053, and - 0.3/3 for the target or - 0.4/3 for the sender
    assert found["alignment"] == {
        "aland->great_borduria": -0.4938,
        "great_borduria->aland": -0.5186,
    }
    assert found["trust"] == {"aland->great_borduria": 0.2019, "great_borduria->aland": 0.1944}
    assert found["coercion"] == {"aland->great_borduria": 0.1055, "great_borduria->aland": 0.2722}
    assert found["proximity"] == 0.8  # 1 / (1 + 250 / 1000)
    assert found["commitment"] == 0.25  # 0.5 * 0.1 + 0.5 * 40 / 100
    assert found["cooperation"] == {
        "trade": 0.3526,  # 200 + 400 million on a mean GDP of 2e11: ln(1 + 3) / ln(51)
        "arms": 0.5289,  # 700 million TIV: ln(1 + 7) / ln(51)
        "security": 0.0,
        "diplomacy": 0.4,  # 0.5 * 0.4 + 0.5 * 0.4
    }


def test_missing_votes_come_from_ideal_points(tmp_path: Path) -> None:
    """Least squares on distances 1, 1, 1, 2, 3, 2 and votes .5, .3, .4, .2, 0, .6.

    Mean distance 5/3, mean vote 1/3, Sxy = -0.5333..., Sxx = 3.3333...: slope -0.16, and the
    line passes 0.44 at distance 1.
    """
    found = dyad(initial_state(write(tmp_path), 2016, ["AAA", "USA"]), "aland-fourth_land")
    assert found["alignment"] == round(math.tanh(0.8 * (0.44 - 0.1)), 4)
    assert "0.44 is imputed" in found["source"]["alignment"]  # type: ignore[index]
    assert found["proximity"] == 0.1  # 9,000 km between the capitals
    assert set(found["source"]) == {  # type: ignore[call-overload]
        *("alignment", "cooperation.diplomacy", "cooperation.trade", "commitment", "proximity"),
        "trust",
    }


def test_actors_have_ids_names_and_the_latest_capability(tmp_path: Path) -> None:
    world = YAML(typ="safe").load(initial_state(write(tmp_path), 2016).to_yaml())
    assert list(world) == ["references", "sources", "actors", "dyads"]
    assert world["actors"] == {
        "aland": {"name": "Aland", "iso3": "AAA", "capability": 0.01},
        "fourth_land": {"name": "Fourth Land", "iso3": "USA", "capability": 0.04},
        "great_borduria": {"name": "Great Borduria", "iso3": "BBB", "capability": 0.02},
        "third_land": {"name": "Third Land", "iso3": "FRA", "capability": 0.03},
    }
    assert len(world["dyads"]) == 6
    assert all(key.split("-") == sorted(key.split("-")) for key in world["dyads"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Germany (FRG before 1990)", "germany"),
        ("Russia (USSR before 1992)", "russia"),
        ("United Arab Emirates", "united_arab_emirates"),
        ("Saudi Arabia", "saudi_arabia"),
    ],
)
def test_ids_are_slugs_of_short_names(name: str, expected: str) -> None:
    assert actor_id(name) == expected


def test_boundaries_of_the_scales() -> None:
    assert proximity(True, 5000.0) == 1.0
    assert proximity(False, 1000.0) == 0.5
    assert trade(0.05 * 2e11, 1e11, 4e11) == pytest.approx(1.0)
    assert arms(0.0) == 0.0
    assert arms(1e9) == 1.0
    assert trust(Evidence(), 0.0, 0.0) == 0.5
    assert coercion(Evidence(disputes=1.0, war=1.0), 1.0) == pytest.approx(1.0)
    assert commitment(Evidence(treaty=1.0, igo_shared=100.0)) == 1.0
    assert security(Evidence(defence=1.0, same_side=1.0)) == pytest.approx(1.0)
    assert diplomacy(Evidence(kappa=-1.0)) == 0.0
    assert abs(alignment(Evidence(kappa=-1.0, rivalry=1.0, disputes=1.0), 1.0, 1.0)) <= 0.9


# --- Directions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "sign"),
    [
        (Evidence(kappa=0.3), 1),
        (Evidence(treaty=0.5), 1),
        (Evidence(same_side=0.5), 1),
        (Evidence(rivalry=0.5), -1),
        (Evidence(disputes=0.5), -1),
        (Evidence(opposite_side=0.5), -1),
    ],
)
def test_evidence_moves_alignment_its_way(more: Evidence, sign: int) -> None:
    assert sign * (alignment(more, 0.0, 0.0) - alignment(Evidence(), 0.0, 0.0)) > 0


def test_more_disputes_never_soften() -> None:
    few = dispute_pressure({2010: 3}, 2014)
    worse: list[dict[int, float]] = [{2010: 4}, {2010: 3, 2009: 2}, {2011: 3}, {2010: 3, 2014: 5}]
    for more in worse:
        many = dispute_pressure(more, 2014)
        assert 0 < few < many < 1
        assert alignment(Evidence(disputes=many), 0, 0) < alignment(Evidence(disputes=few), 0, 0)
        assert coercion(Evidence(disputes=many), 0) > coercion(Evidence(disputes=few), 0)
    assert dispute_pressure({2004: 5}, 2014) == 0.0  # older than a decade
    assert dispute_pressure({2014: 1}, 2014) == 0.0  # no militarised action


def test_more_sanctions_mean_more_coercion_and_less_alignment() -> None:
    shares = [n / 6 for n in range(7)]
    pressed = [coercion(Evidence(), share) for share in shares]
    sending = [alignment(Evidence(), share, 0.0) for share in shares]
    suffering = [alignment(Evidence(), 0.0, share) for share in shares]
    assert pressed == sorted(set(pressed))
    assert sending == sorted(set(sending), reverse=True)
    assert suffering == sorted(set(suffering), reverse=True)
    assert all(one <= other for one, other in zip(sending, suffering, strict=True))


def test_distance_and_years_of_peace() -> None:
    assert proximity(False, 10.0) > proximity(False, 100.0) > proximity(False, 1000.0)
    levels = [trust(Evidence(peace_years=years), 0.0, 0.0) for years in (0, 5, 50)]
    assert levels == sorted(set(levels))


# --- Sanctions and armed conflicts -------------------------------------------------------------


def coerced(folder: Path, year: int = 2016, **more: str) -> dict[str, float]:
    """All coercion between the made-up states, by direction."""
    world = YAML(typ="safe").load(initial_state(write(folder, **more), year).to_yaml())
    return {way: x for d in world["dyads"].values() for way, x in d.get("coercion", {}).items()}


def test_sanctions_count_while_in_force_and_un_sanctions_for_nobody(tmp_path: Path) -> None:
    # The case of 2010-2016 ended in the year; that of the UN has no single sender.
    assert set(coerced(tmp_path)) == {"aland->great_borduria", "great_borduria->aland"}
    case = "BBB,United States,2010,2017,1,1,1,1,1,1,1,0,0,0,0\n"
    found = coerced(tmp_path, sanctions_gsdb_cases=case)
    assert found["fourth_land->great_borduria"] == 0.5


def test_eu_sanctions_count_for_each_member(tmp_path: Path) -> None:
    case = "BBB,EU,2012,2020,1,0,0,0,0,0,0,1,0,0,0\nBBB,EU,2013,2020,1,1,0,1,0,0,0,1,0,0,0\n"
    found = coerced(tmp_path, sanctions_gsdb_cases=case)
    assert found["third_land->great_borduria"] == 0.25  # trade, arms, financial: 0.5 * 3 / 6
    assert "fourth_land->great_borduria" not in found


def test_sanctions_before_2013_come_from_the_older_set(tmp_path: Path) -> None:
    more = {
        "state_year": "AAA,2012,0.01,1\nBBB,2012,0.01,1\nFRA,2012,0.01,1\nUSA,2012,0.01,1\n",
        "unga_ideal_points": "AAA,2012,0\n",
        "dyad_year_structure": "AAA,FRA,2012,0,0,0,0,0,60,0,80,0,3000\n",
        "ucdp_involvement": "1,2012,ZZZ,a,primary,1\n",
    }
    # EU 9/36, halved; the US case ended in the year and the UN has no single sender.
    assert coerced(tmp_path, 2012, **more) == {"third_land->aland": 0.125}


def test_helping_a_government_ties_and_its_sanctions_hit_others(tmp_path: Path) -> None:
    war = "7,2016,AAA,a,primary,2\n7,2016,BBB,a,secondary,2\n7,2016,FRA,b,secondary,2\n"
    before = initial_state(write(tmp_path), 2016)
    after = initial_state(write(tmp_path, ucdp_involvement=war), 2016)
    pair = "aland-great_borduria"
    # The sanctions of the helper on the government it defends are gone, the dispute is not.
    assert after.dyads[pair]["coercion"]["great_borduria->aland"] == 0.1055
    assert after.dyads[pair]["cooperation"]["security"] == 0.6
    # One covered year: -0.441053 + 0.4, and nothing off for sanctions.
    assert after.dyads[pair]["alignment"] == round(math.tanh(-0.041053), 4)
    assert (
        after.dyads["aland-third_land"]["alignment"] < before.dyads["aland-third_land"]["alignment"]
    )


# --- Errors, all at once -------------------------------------------------------------------------


def test_missing_files_columns_and_actors_are_all_listed(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "rivalries.csv").unlink()
    (tmp_path / "arms_dyad_year.csv").write_text("supplier,year\nAAA,2016\n", encoding="utf-8")
    (tmp_path / "unga_ideal_points.csv").write_text(
        "iso3,year,ideal_point\nAAA,2016,0.1\nBBB,2016,high\n,2016,1\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        initial_state(tmp_path, 2016, ["AAA", "BBB", "CCC"])
    text = str(caught.value)
    for part in (
        "rivalries.csv: the file is missing; put a CSV with the columns iso_a, iso_b, start",
        "arms_dyad_year.csv:1:1: column 'recipient' is missing",
        "arms_dyad_year.csv:1:1: column 'tiv_delivered' is missing",
        "unga_ideal_points.csv:3:10: 'high' in column 'ideal_point' is not a number",
        "unga_ideal_points.csv:4:1: an empty cell in column 'iso3'",
        "unknown actor 'CCC'",
    ):
        assert part in text
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize(("year", "covered"), [(1985, "2015-2016"), (2040, "2015-2016")])
def test_a_year_out_of_reach_says_what_is_covered(tmp_path: Path, year: int, covered: str) -> None:
    with pytest.raises(InputError, match=covered):
        initial_state(write(tmp_path), year)


def test_an_empty_folder_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        initial_state(tmp_path / "nowhere", 2016)
    assert {Path(problem.file).name for problem in caught.value.problems} == set(FILES)


def test_an_actor_without_capability_is_named(tmp_path: Path) -> None:
    write(tmp_path, states="NEW,Newland\n")
    with pytest.raises(InputError, match="no 'nmc_cinc' for NEW up to 2016"):
        initial_state(tmp_path, 2016)


def test_one_actor_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two"):
        initial_state(write(tmp_path), 2016, ["AAA", "aland"])


# --- The same text again -----------------------------------------------------------------------


def test_names_order_and_row_order_change_nothing(tmp_path: Path) -> None:
    first = initial_state(write(tmp_path), 2016, ["AAA", "BBB", "FRA"]).to_yaml()
    assert initial_state(tmp_path, 2016, ["third_land", "BBB", "aland"]).to_yaml() == first
    for file in FILES:
        header, *rows = (tmp_path / file).read_text(encoding="utf-8").splitlines()
        turned = "\n".join([header, *reversed(rows)]) + "\n"
        (tmp_path / file).write_text(turned, encoding="utf-8")
    assert initial_state(tmp_path, 2016, ["AAA", "BBB", "FRA"]).to_yaml() == first


def test_only_references_in_use_are_listed(tmp_path: Path) -> None:
    state = initial_state(write(tmp_path), 2016)
    said = [*state.sources.values()]
    for values in state.dyads.values():
        said += values.get("source", {}).values()
    used = {key.strip() for text in said for key in text.split(":")[0].split(",")}
    assert set(state.references) == used


# --- The real data, where they are at hand --------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> InitialState:
    folder = os.environ.get("ALLIANCE_SIM_DATA")
    if not folder:
        pytest.skip("needs the data that ALLIANCE_SIM_DATA names")
    return initial_state(Path(folder), 2016, ACTORS)


def test_the_shipped_world_is_what_the_command_writes(shipped: InitialState) -> None:
    assert SHIPPED.read_bytes() == shipped.to_yaml().encode()


def test_the_fourteen_ids(shipped: InitialState) -> None:
    assert list(shipped.actors) == [
        *("afghanistan", "china", "france", "germany", "iran", "iraq", "israel", "russia"),
        *("saudi_arabia", "syria", "turkey", "united_arab_emirates"),
        *("united_kingdom", "united_states"),
    ]
    assert len(shipped.dyads) == 91


@pytest.mark.parametrize(
    ("pair", "low", "high"),
    [
        ("iran-united_states", -0.9, -0.5),
        ("iran-israel", -0.9, -0.5),
        ("iran-saudi_arabia", -0.9, -0.5),
        ("united_kingdom-united_states", 0.5, 0.9),
        ("israel-united_states", 0.5, 0.9),
        ("iran-syria", 0.5, 0.9),
        ("iran-russia", 0.1, 0.45),
        ("china-iran", 0.1, 0.45),
        ("russia-united_states", -0.9, -0.1),
        ("turkey-united_states", 0.05, 0.5),
    ],
)
def test_relations_that_everybody_knows(
    shipped: InitialState, pair: str, low: float, high: float
) -> None:
    value = shipped.dyads[pair]["alignment"]
    ways = list(value.values()) if isinstance(value, dict) else [value]
    assert all(low <= way <= high for way in ways)


def test_values_stay_in_their_ranges(shipped: InitialState) -> None:
    for values in shipped.dyads.values():
        for name, value in values.items():
            if name != "source":
                numbers = value.values() if isinstance(value, dict) else [value]
                low, high = (-0.9, 0.9) if name == "alignment" else (0.0, 1.0)
                assert all(low <= number <= high for number in numbers)
