"""Reading what is observed: values by hand, every mistake at its place, what is left out."""

import math
import os
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_sim.errors import InputError
from alliance_sim.observations.forms import FORMS, MEASURES
from alliance_sim.observations.tables import Observations, read_observations
from alliance_sim.spec.observation import LinearMeasure, OrdinalMeasure

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ALLIANCE_SIM_DATA", ROOT.parent / "shared" / "data"))
ACTORS = {"AAA": "zembla", "BBB": "aland", "CCC": "middle", "DDD": "north"}

VOTES = "iso_a,iso_b,year,kappa_w,n_votes\n"
TARGETED = "resolution,date,topic,AAA,BBB,CCC,DDD\n"


def put(folder: Path, **texts: str) -> Path:
    """Write files (name without .csv -> text)."""
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def wrong(folder: Path, text: str) -> list[str]:
    """What is told of one file, without its path."""
    file = put(folder, mine=text) / "mine.csv"
    with pytest.raises(InputError) as caught:
        read_observations([file], ACTORS)
    return [str(each).removeprefix(f"{file}:") for each in caught.value.problems]


# --- Values by hand -------------------------------------------------------------------------


def test_pairs_in_either_order_become_one_dyad_named_as_worlds_do(tmp_path: Path) -> None:
    text = VOTES + "AAA,BBB,2001,0.5,60\nBBB,AAA,2002,-0.5,60\n"
    seen = read_observations([put(tmp_path, any_name=text)], ACTORS)
    table = seen["votes"]
    assert table[["dyad", "year", "value"]].to_numpy().tolist() == [
        ["aland-zembla", 2001, 0.5],
        ["aland-zembla", 2002, -0.5],
    ]
    assert list(table.columns) == ["dyad", "year", "value", "error", "source"]
    assert seen.measures == ("votes",)


def test_columns_in_any_order_extra_ones_and_semicolons(tmp_path: Path) -> None:
    text = "year;extra;kappa_w;iso_b;iso_a\n2001;x;0,5;BBB;AAA\n".replace("0,5", "0.5")
    table = read_observations([put(tmp_path, mine=text)], ACTORS)["votes"]
    assert table["value"].tolist() == [0.5]
    assert np.isfinite(table["error"]).all()


def test_more_votes_are_more_exact_by_the_root(tmp_path: Path) -> None:
    text = VOTES + "AAA,BBB,2001,0.1,50\nAAA,BBB,2002,0.1,200\n"
    errors = read_observations([put(tmp_path, mine=text)], ACTORS)["votes"]["error"]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.01)


def test_empty_cells_are_not_observed_and_zeros_are(tmp_path: Path) -> None:
    text = VOTES + "AAA,BBB,2001,,60\nAAA,BBB,2002,0,60\n"
    assert read_observations([put(tmp_path, mine=text)], ACTORS)["votes"]["year"].tolist() == [2002]


def test_sessions_are_another_source(tmp_path: Path) -> None:
    put(tmp_path, year=VOTES + "AAA,BBB,2001,0.1,50\n")
    put(tmp_path, session="iso_a,iso_b,session,year,kappa_w\nAAA,BBB,56,2001,0.2\n")
    seen = read_observations([tmp_path], ACTORS)
    assert seen.sources("votes") == ("calendar_year", "session")
    assert seen.panel("votes").values.tolist() == [[0.1]]
    assert seen.panel("votes", source="session").values.tolist() == [[0.2]]


def test_ideal_points_give_distances(tmp_path: Path) -> None:
    low, high = -1.6449, 1.6449  # of the standard normal: its error is 1
    text = "iso3,year,ideal_point,q05,q95\n"
    text += f"AAA,2001,1.5,{1.5 + low},{1.5 + high}\nBBB,2001,-0.5,{-0.5 + low},{-0.5 + high}\n"
    row = read_observations([put(tmp_path, mine=text)], ACTORS)["ideal_points"].iloc[0]
    assert (row["dyad"], row["value"]) == ("aland-zembla", 2.0)
    assert row["error"] == pytest.approx(math.sqrt(2))


def test_arms_add_five_years_both_ways_and_lacking_rows_are_none(tmp_path: Path) -> None:
    text = "supplier,recipient,year,tiv_delivered\nAAA,BBB,2001,10\nBBB,AAA,2003,5\n"
    text += "AAA,CCC,2006,7\nAAA,BBB,2006,1\n"
    table = read_observations([put(tmp_path, mine=text)], ACTORS)["arms"]
    found = {(row.dyad, row.year): math.expm1(row.value) for row in table.itertuples()}
    assert found == pytest.approx(
        {
            ("aland-zembla", 2005): 15,
            ("aland-zembla", 2006): 6,
            ("middle-zembla", 2005): 0,
            ("middle-zembla", 2006): 7,
            ("aland-middle", 2005): 0,
            ("aland-middle", 2006): 0,
        }
    )


def test_an_unknown_delivery_leaves_its_five_years_unknown(tmp_path: Path) -> None:
    text = "supplier,recipient,year,tiv_delivered\nAAA,BBB,2001,\nBBB,AAA,2007,5\n"
    table = read_observations([put(tmp_path, mine=text)], ACTORS)["arms"]
    assert table["year"].tolist() == [2006, 2007]


def test_a_file_of_some_pairs_says_nothing_of_others(tmp_path: Path) -> None:
    first = "supplier,recipient,year,tiv_delivered\nAAA,BBB,2001,1\nCCC,AAA,2005,1\n"
    more = "supplier,recipient,year,tiv_delivered\nAAA,BBB,2002,0\nAAA,BBB,2006,3\n"
    table = read_observations([put(tmp_path, a=first, b=more)], ACTORS)["arms"]
    last = {row.dyad: row.year for row in table.itertuples()}
    assert last == {"aland-zembla": 2006, "middle-zembla": 2005, "aland-middle": 2005}


def test_trade_is_the_logarithm_of_both_ways_by_source(tmp_path: Path) -> None:
    text = "exporter,importer,year,cow_imports_musd,cow_smooth_musd,itpd_current_musd\n"
    text += "AAA,BBB,2001,30,30,40\nBBB,AAA,2001,69,69,\nAAA,BBB,2002,,10,\nBBB,AAA,2002,5,6,\n"
    table = read_observations([put(tmp_path, mine=text)], ACTORS)["trade"]
    found = {(row.year, row.source): math.expm1(row.value) for row in table.itertuples()}
    # 2001 of ITPD-E and 2002 of COW lack one way; the interpolated 2002 stands in.
    assert found == pytest.approx({(2001, "cow"): 99, (2002, "cow_smooth"): 16})


def test_votes_on_a_target_count_against_it(tmp_path: Path) -> None:
    text = TARGETED + "R/1,2012-12-20,rights,N,Y,A,X\n"
    seen = read_observations([put(tmp_path, mine=text)], ACTORS, targets={"rights": "zembla"})
    table = seen["targeted_votes"]
    rows = table[["dyad", "year", "value", "weight"]].to_numpy().tolist()
    assert rows == [["aland-zembla", 2012, -1, 1], ["middle-zembla", 2012, 0, 1]]


def test_a_column_names_the_target_before_its_topic_does(tmp_path: Path) -> None:
    text = "resolution,date,topic,target,AAA,BBB\nR/1,2012,rights,BBB,Y,N\n"
    seen = read_observations([put(tmp_path, mine=text)], ACTORS, targets={"rights": "zembla"})
    assert seen["targeted_votes"]["value"].tolist() == [-1]


def test_without_a_target_those_who_oppose_share_it(tmp_path: Path) -> None:
    text = TARGETED + "R/1,2012-12-20,crisis,N,N,Y,A\n"
    table = read_observations([put(tmp_path, mine=text)], ACTORS)["targeted_votes"]
    by_voter = table.groupby(table["source"])["weight"].sum()
    assert by_voter.to_dict() == dict.fromkeys(
        ("R/1 aland", "R/1 middle", "R/1 north", "R/1 zembla"), 1.0
    )
    opposers = table[table["dyad"] == "aland-zembla"]
    assert opposers[["value", "weight"]].to_numpy().tolist() == [[1, 1], [1, 1]]


def test_states_that_are_no_actors_are_left_out_and_told_once(tmp_path: Path) -> None:
    text = VOTES + "AAA,BBB,2001,0.1,50\nAAA,XXX,2001,0.1,50\nXXX,YYY,2002,0.1,50\n"
    seen = read_observations([put(tmp_path, mine=text)], ACTORS)
    assert len(seen["votes"]) == 1
    (note,) = seen.notes
    assert note.startswith("votes: 2 rows left out")
    assert "XXX, YYY" in note


def test_other_files_of_a_folder_are_passed_by(tmp_path: Path) -> None:
    put(tmp_path, votes=VOTES + "AAA,BBB,2001,0.1,50\n", states="iso3,name\nAAA,Zembla\n")
    assert read_observations([tmp_path, tmp_path], ACTORS).measures == ("votes",)


def test_files_that_overlap_may_agree_but_not_differ(tmp_path: Path) -> None:
    put(tmp_path, a=VOTES + "AAA,BBB,2001,0.1,50\n", b=VOTES + "BBB,AAA,2001,0.1,50\n")
    assert len(read_observations([tmp_path], ACTORS)["votes"]) == 1
    put(tmp_path, b=VOTES + "BBB,AAA,2001,0.2,50\n")
    with pytest.raises(InputError) as caught:
        read_observations([tmp_path], ACTORS)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path / 'b.csv'}:2:1: AAA BBB 2001 calendar_year differs")
    assert f"{tmp_path / 'a.csv'}:2" in problem.what


# --- Panels ---------------------------------------------------------------------------------


@pytest.fixture
def seen(tmp_path: Path) -> Observations:
    text = VOTES + "AAA,BBB,2001,0.1,50\nAAA,BBB,2003,0.3,50\nBBB,CCC,2002,0.2,50\n"
    return read_observations([put(tmp_path, mine=text)], ACTORS)


def test_a_panel_has_every_year_and_the_dyads_asked_for(seen: Observations) -> None:
    panel = seen.panel("votes", dyads=["aland-middle", "middle-north", "aland-zembla"])
    expected = [[math.nan, 0.2, math.nan], [math.nan] * 3, [0.1, math.nan, 0.3]]
    np.testing.assert_equal(panel.values, expected)
    assert panel.years == (2001, 2002, 2003)
    np.testing.assert_equal(np.isnan(panel.errors), np.isnan(panel.values))
    known = panel.until(2002)
    assert np.isnan(known.values[:, 2]).all()
    assert known.values[2, 0] == 0.1


def test_names_that_are_none_are_told(seen: Observations) -> None:
    with pytest.raises(InputError, match=r"did you mean 'votes'\?"):
        seen["vote"]
    with pytest.raises(InputError, match="SIPRI Arms Transfers Database"):
        seen.panel("arms")
    with pytest.raises(InputError, match="no source 'session'"):
        seen.panel("votes", source="session")


# --- Mistakes, all at once ------------------------------------------------------------------


def test_every_wrong_cell_is_told_with_line_and_column(tmp_path: Path) -> None:
    text = VOTES + (
        "AAA,BBB,2001,high,50\nAAA,BBB,2002.5,0.1,50\nAAA,CCC,2001,1.5,50\n"
        "AAA,AAA,2001,0.1,50\n,BBB,2001,0.1,50\nAAA,DDD,,0.1,0\n"
        "AAA,BBB,2004,0.1,50\nBBB,AAA,2004,0.1,50\nAAA,BBB,2005,0.1,50,9\n"
    )
    told = wrong(tmp_path, text)
    for part in (
        "2:14: 'high' in column 'kappa_w' is not a number",
        "3:9: year 2002.5 is not a whole year",
        "4:14: kappa_w 1.5 is not in [-1, 1]",
        "5:5: iso_a and iso_b are both 'AAA'",
        "6:1: an empty cell in column 'iso_a'",
        "7:9: an empty cell in column 'year'",
        "7:14: n_votes 0 is not a count",
        "9:1: AAA BBB 2004 calendar_year is there twice, first in",
        "10:1: the row has 6 fields, the header 5",
    ):
        assert any(each.startswith(part) for each in told), (part, told)
    assert len(told) == 9


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "1:1: the file is empty"),
        ("\n\n", "1:1: the file is empty"),
        ("iso_a,iso_b,year,kapa_w\n", "no column 'kappa_w'; did you mean 'kapa_w'?"),
        ("iso_a,iso_b,year,kappa_w,year\nAAA,BBB,1,0,1\n", "column 'year' is there twice"),
        ("one,two\n1,2\n", "none of its columns is known"),
        ("exporter,importer,year\nAAA,BBB,2001\n", "no column 'cow_imports_musd'"),
        (VOTES + "XXX,YYY,2001,0.1,50\n", "nothing was observed of the world's actors"),
        ("supplier,recipient,year,tiv_delivered\nAAA,BBB,2001,-1\n", "2:14: tiv_delivered -1"),
        ("iso3,year,ideal_point,q05,q95\nAAA,2001,0,1,-1\n", "2:12: q05 1 is above q95 -1"),
        (TARGETED + "R/1,yesterday,crisis,Y,N,A,X\n", "2:5: date 'yesterday' is none"),
        (TARGETED + "R/1,2012,crisis,Q,N,A,X\n", "2:17: vote 'Q' is none"),
    ],
)
def test_tables_that_cannot_be_used_say_why(tmp_path: Path, text: str, part: str) -> None:
    assert any(part in each for each in wrong(tmp_path, text)), wrong(tmp_path, text)


@settings(max_examples=150, deadline=None)
@given(
    header=st.sampled_from([VOTES, TARGETED, "supplier,recipient,year,tiv_delivered\n", ""]),
    body=st.lists(
        st.lists(st.sampled_from(["AAA", "BBB", "2001", "0.5", "", '"', "x", "-1", "1e9", "é,"])),
        max_size=4,
    ),
)
def test_whatever_a_file_holds_it_is_read_or_told(header: str, body: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = put(Path(folder), mine=header + "\n".join(map(",".join, body))) / "mine.csv"
        try:
            found = [*read_observations([file], ACTORS).measures]
        except InputError as error:
            found = [problem.file for problem in error.problems]
        assert found
        assert all(found)


def test_a_file_too_large_is_refused_before_it_is_taken_apart(tmp_path: Path) -> None:
    told = wrong(tmp_path, VOTES + "AAA,BBB,2001,0.1,50\n" * 300_000)
    assert told == [" the file is larger than 5 MB; split it, or take out bulk data"]


def test_years_and_counts_that_cannot_be(tmp_path: Path) -> None:
    told = wrong(tmp_path, VOTES + "AAA,BBB,99999999,0.1,50\nAAA,BBB,2001,,0\n")
    assert told == ["2:9: year 99999999 is not a whole year; write a whole year"]


def test_text_that_is_not_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(VOTES.encode() + "AAA,BBÉ,2001,0.1,50\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"mine\.csv:2:7: byte 0xc9 is not UTF-8 text"):
        read_observations([file], ACTORS)


def test_of_thousands_of_mistakes_some_are_shown(tmp_path: Path) -> None:
    text = VOTES + "".join(f"AAA,BBB,{year},bad,50\n" for year in range(1000, 1100))
    told = wrong(tmp_path, text)
    assert len(told) == 21
    assert "80 more problems" in told[-1]


@pytest.mark.parametrize("name", ["nowhere", "nowhere.csv", ""])
def test_where_nothing_is_it_says_what_to_bring_and_where_it_is_published(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_observations([tmp_path / name], ACTORS)
    text = str(caught.value)
    for part in ("kappa_w", "General Assembly Voting Data", "doi:10.7910/DVN/LEJUQZ", "SIPRI"):
        assert part in text
    with pytest.raises(InputError, match="no observations were named"):
        read_observations([], ACTORS)


# --- The page -------------------------------------------------------------------------------


def test_the_page_names_every_column_and_number() -> None:
    page = (ROOT / "docs" / "observations.md").read_text(encoding="utf-8")
    rows = {
        row.split("`")[1]: row
        for row in page.partition("## What is measured")[0].splitlines()
        if row.startswith("| `")
    }
    assert {*rows} == {*MEASURES}
    for form in FORMS:
        named = {*re.findall(r"`(\w+)`", rows[form.measure])} - {form.measure}
        assert named == {*form.needed, *form.any_of, *form.optional}
    numbers = page.partition("## How relations show")[2].partition("## Tracking")[0]
    listed = re.findall(r"^\| `(\w+)` \|", numbers, re.M)
    fields = [*LinearMeasure.model_fields, *OrdinalMeasure.model_fields]
    assert sorted(listed) == sorted(name for name in fields if name != "source")


# --- The real data, where they are at hand --------------------------------------------------


def test_the_folder_of_data_is_read_whole() -> None:
    if not (DATA / "states.csv").is_file():
        pytest.skip("the data are not at hand; set ALLIANCE_SIM_DATA to their folder")
    states = pd.read_csv(DATA / "states.csv")
    actors = {iso: str(iso).lower() for iso in states["iso3"]}
    seen = read_observations([DATA], actors)
    assert seen.notes == ()
    raw = pd.read_csv(DATA / "unga_dyad_calendar_year.csv")
    panel = seen.panel("votes")
    assert panel.values.shape[0] == 123
    assert np.isfinite(panel.values).sum() == raw["kappa_w"].notna().sum()
    one = raw.query("iso_a == 'IRN' and iso_b == 'RUS' and year == 2007")["kappa_w"].item()
    assert panel.values[panel.dyads.index("irn-rus"), panel.years.index(2007)] == one
    deliveries = pd.read_csv(DATA / "arms_dyad_year.csv").query("1990 <= year <= 1994")
    both = deliveries[deliveries["supplier"].isin(["IRN", "RUS"])]
    both = both[both["recipient"].isin(["IRN", "RUS"])]["tiv_delivered"].sum()
    arms = seen.panel("arms", dyads=["irn-rus"], years=(1994, 1994)).values
    assert math.expm1(arms.item()) == pytest.approx(both)
