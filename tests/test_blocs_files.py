"""Systems of actors in files: what is read, what is refused and where, what the command prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import alliance_sim as al
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.load.blocs import load_blocs, read_blocs
from alliance_sim.load.csv_headers import identifier

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PAGE = (ROOT / "docs" / "blocs.md").read_text()
BLOCKS = re.findall(r"<!-- (\w+) -->\n```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_blocs(path)
    return [str(each).removeprefix(f"{path}:") for each in caught.value.problems]


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


# -- the page --------------------------------------------------------------------------------


def test_every_file_of_the_page_is_marked() -> None:
    languages = re.findall(r"^```(\w+)$", PAGE, re.M)
    assert len([each for each in languages if each in ("yaml", "csv", "python")]) == len(BLOCKS)
    assert {kind for kind, _, _ in BLOCKS} == {"yaml", "csv", "python"}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, _, text in BLOCKS if kind != "python"]
)
def test_files_of_the_page_are_read(tmp_path: Path, kind: str, text: str) -> None:
    found = load_blocs(written(tmp_path, text, f"page.{kind}"))
    assert al.blocs(found).as_json()["actors"]


def test_python_of_the_page_runs(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(ROOT)
    [code] = [text for kind, _, text in BLOCKS if kind == "python"]
    exec(compile(code, "docs/blocs.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    said = re.findall(r"# prints (.*)$", code, re.M)
    assert lines[:2] == said
    assert 0 <= float(lines[2]) <= 1


def test_the_three_tables_of_the_page_are_one_system(tmp_path: Path) -> None:
    edges, square, stances = [text for kind, _, text in BLOCKS if kind == "csv"]
    first = load_blocs(written(tmp_path, edges))
    second = load_blocs(written(tmp_path, square))
    assert first.sizes() == second.sizes() == [4, 3, 2]
    assert first.table() == [[0, -2, 1], [-1, 0, 0], [1, 0, 0]]
    assert second.table() == [[0, -2, 1], [-2, 0, -1], [1, -1, 0]]
    third = load_blocs(written(tmp_path, stances))
    assert list(third.issues) == ["tariff", "fishing"]
    assert third.issues["tariff"]["north"].salience == 0.5
    # (10 x 5 x 0.5 + 40 x 3) / (2.5 + 3)
    assert float(al.blocs(third).positions["tariff"].mean) == pytest.approx(145 / 5.5)


def test_both_engines_of_reading_agree(tmp_path: Path) -> None:
    """The same system as YAML and as a square table."""
    table = ";a;b;c;size\na;2;0,5;;1\n".replace("0,5", "0.5") + "b;;;-3;2\nc;;;;3\n"
    from_table = load_blocs(written(tmp_path, table))
    from_yaml = load_blocs(
        written(
            tmp_path,
            "actors: {a: {size: 1, self_tie: 2}, b: {size: 2}, c: {size: 3}}\n"
            "ties: {a-b: 0.5, b-c: -3}\n",
            "table.yaml",
        )
    )
    assert from_table.table() == from_yaml.table()
    assert al.blocs(from_table).as_json()["balance"] == al.blocs(from_yaml).as_json()["balance"]


# -- reading ---------------------------------------------------------------------------------


def test_whole_numbers_stay_whole_however_large(tmp_path: Path) -> None:
    big = 2**62 + 1
    for name, text in (
        ("x.csv", f"actor,other,propensity,size\na,b,{big},{big}\nb,,,1\n"),
        ("x.yaml", f"actors: {{a: {{size: {big}}}, b: {{}}}}\nties: {{a-b: {big}}}\n"),
    ):
        system = load_blocs(written(tmp_path, text, name))
        assert system.sizes() == [big, 1]
        found = al.blocs(system)
        assert found.landscape is not None
        assert found.landscape.energy(1) == 2 * big * big
        best = found.as_json()["landscape"]["minima"][0]
        assert best["energy"] == 0
    foes = al.blocs(read_blocs({"actors": {"a": {"size": big}, "b": {}}, "ties": {"a-b": -1}}))
    assert foes.as_json()["landscape"]["minima"][0]["energy"] == str(-2 * big)


RUSSIA = "\u0420\u043e\u0441\u0441\u0438\u044f"
"""In its own letters, some of which look like Latin ones."""


def test_names_become_ids() -> None:
    assert identifier("Côte d'Ivoire") == "cote_d_ivoire"
    assert identifier("AT&T") == "at_t"
    assert identifier("12") == "actor_12"
    assert identifier("…") is None
    names = ("Łódź", "Ærø", "Øst", RUSSIA, "中国", "भारत", "भरत", "مصر")
    ids = [identifier(name) for name in names]
    assert len(set(ids)) == len(names)
    assert ids[:5] == ["łodz", "ærø", "øst", RUSSIA.lower(), "中国"]


def test_names_in_any_script_are_read_studied_and_kept(tmp_path: Path) -> None:
    text = f"actor,other,propensity\n{RUSSIA},中国,1\n{RUSSIA},Łódź,-1\nĐà Nẵng,Øst,2\nभारत,Øst,1\n"
    found = al.blocs(written(tmp_path, text))
    assert found.system.names() == [RUSSIA, "中国", "Łódź", "Đà Nẵng", "Øst", "भारत"]
    assert found.landscape is not None
    best = found.landscape.minima()[0]
    assert best.energy == -2
    assert dict(zip(found.system.names(), best.across, strict=True))["Łódź"]
    yaml = (
        "actors: {中国: {}, भारत: {}}\nties: {中国->भारत: 1}\n"
        "issues: {関税: {भारत: {position: 1}}}\n"
    )
    assert al.load_blocs(written(tmp_path, yaml, "x.yaml")).table() == [[0, 1], [0, 0]]


def test_quotes_semicolons_tabs_and_comments(tmp_path: Path) -> None:
    text = '# Two states\n#  of no place\n"actor"\t"other"\tpropensity\n"Ba""d"\t"Go\tod"\t-1\n'
    found = load_blocs(written(tmp_path, text))
    assert found.names() == ['Ba"d', "Go\tod"]
    assert found.about == "Two states of no place"
    assert found.name == "table"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "actor,other,propensity,sise\na,b,1,2\n",
            ["1:24: unknown column 'sise'; did you mean 'size'?"],
        ),
        ("actor,other\na,b\n", ["1:1: there is no column 'propensity'; add it"]),
        (
            "actor,other,propensity,size\na,b,x,-1\nb,a,,\n",
            [
                "2:5: expected a number, found the text 'x'; write a number such as 0.5",
                "2:7: -1 is not above 0; give a number above 0",
                "3:5: a propensity is missing; write a number, or leave the row out",
            ],
        ),
        (
            "actor,other,propensity\na,b,1\na,b,2\na,a,1\na,a,1\n",
            [
                "3:5: 'a' to 'b' is given twice, first in line 2; keep one of the two",
                "5:5: 'a' to 'a' is given twice, first in line 4; keep one of the two",
            ],
        ),
        (
            ",Iran,Russia\nIran,0,1\nRusia,1,0\n",
            [
                "1:7: column 'Russia' has no row of that name; add the row",
                "3:1: row 'Rusia' has no column of that name; did you mean 'Russia'?",
            ],
        ),
        (
            "actor,other,propensity,size\na,b,1,2\na,c,1,3\nA,c,1,2,9\n",
            [
                "3:7: a second size of 'a', 2 before; keep one",
                "4:9: the row has 5 fields, the header 4; write one field for each column",
            ],
        ),
        ("actor,position\na,1\na,2\n", ["3:1: a second position of 'a'; keep one"]),
        ("\n\n", ["1:1: the file is empty; write a header and from one to 5000 rows under it"]),
        ('actor,other,propensity\n"a,b,1\n', ["2:1: a quoted text is not closed; close the quote"]),
        (
            "actor,other,propensity\na,b,1e999\n",
            ["2:5: must be a finite number, found inf; write a number such as 0.5"],
        ),
    ],
)
def test_mistakes_of_tables_have_their_place(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    found = problems(written(tmp_path, text))
    for each in expected:
        assert each in found


LISTED = (
    "give it once: in `size` of a row where it is `actor` (a row may give nothing else), or in a "
    "column `other_size` where it is `other`"
)
SQUARE = "give it once, in the column `size`"
FORMS = (
    "write actor,other,propensity for a list of ties, actor,position for a list of stances, or "
    "an empty corner and a column for each actor"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "actor,other,propensity,size\nA,B,1,5\nA,C,-1,5\n",
            [
                f"2:3: 'B' has no size, though the table has sizes; {LISTED}",
                f"3:3: 'C' has no size, though the table has sizes; {LISTED}",
            ],
        ),
        (
            "actor,other,propensity,other_size\nA,B,1,5\n",
            [f"2:1: 'A' has no size, though the table has sizes; {LISTED}"],
        ),
        (
            ",A,B,size\nA,0,1,\nB,1,0,3\n",
            [f"1:2: 'A' has no size, though the table has sizes; {SQUARE}"],
        ),
        (
            "actor,position,size\nA,1,2\nB,2,\n",
            [f"3:1: 'B' has no size, though the table has sizes; {SQUARE}"],
        ),
        (
            "actor,other,propensity,size,other_size\nA,B,1,5,2\nB,A,1,3,5\n",
            ["3:7: a second size of 'b', 2 before; keep one"],
        ),
        ("A,B,1\nB,C,-1\n", [f"1:1: the first line is no header; {FORMS}"]),
        ("0,1,-1\n1,0,1\n-1,1,0\n", [f"1:1: the first line is no header; {FORMS}"]),
        ("source,target,weight,kind\nA,B,1,x\n", [f"1:1: the header is not clear; {FORMS}"]),
        ("target,source,weight\nA,B,1\n", [f"1:1: the header is not clear; {FORMS}"]),
        (
            "actor,other,propensity\nA,B,1\n# of 1999,,\n",
            [
                "3:1: a comment stands under the header; move it above the header, or fill the row "
                "in if it is a name"
            ],
        ),
    ],
)
def test_gaps_and_headers_are_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(written(tmp_path, text)) == expected


TWO = [[0, 1], [-1, 0]]


@pytest.mark.parametrize(
    ("text", "sizes", "table"),
    [
        ("actor,other,propensity,size,other_size\nA,B,1,5,3\nB,A,-1,,\n", [5, 3], TWO),
        ("actor,other,propensity,size\nA,B,1,\nB,A,-1,3\nA,,,5\n", [5, 3], TWO),
        ("source,target,weight\nA,B,1\nB,A,-1\n", [1, 1], TWO),
        ("source,target,weight\n1,2,1\n2,1,-1\n", [1, 1], TWO),
        ("From;To;Value;Size\nA;B;1;2\nB;A;-1;4\n", [2, 4], TWO),
        ("tribe,towards,feeling\nA,B,1\nB,A,-1\n", [1, 1], TWO),
        ("A,B\nA,0,1\nB,-1,0\n", [1, 1], TWO),
        ('"1","2"\n"1",0,1\n"2",-1,0\n', [1, 1], TWO),
        ("sep=;\n;A;B\nA;0;1\nB;-1;0\n", [1, 1], TWO),
        (",A,B,,\nA,0,1,,\nB,\N{MINUS SIGN}1,0,,\n", [1, 1], TWO),
        ('\t"A"\t"B"\n"A"\t0\t1\n"B"\t-1\t0\n', [1, 1], TWO),
    ],
)
def test_tables_as_other_programs_write_them(
    tmp_path: Path, text: str, sizes: list[int], table: list[list[int]]
) -> None:
    found = load_blocs(written(tmp_path, text))
    assert found.sizes() == sizes
    assert found.table() == table


def test_commas_in_quotes_are_no_delimiters(tmp_path: Path) -> None:
    text = ';"Korea, South";"Korea, North"\n"Korea, South";0;-1\n"Korea, North";-2;0\n'
    found = load_blocs(written(tmp_path, text))
    assert found.names() == ["Korea, South", "Korea, North"]
    assert found.table() == [[0, -1], [-2, 0]]


def test_a_name_may_begin_with_a_sharp_under_the_header(tmp_path: Path) -> None:
    found = load_blocs(written(tmp_path, "# Made up\nactor,other,propensity\n#3 party,B,-1\n"))
    assert found.names() == ["#3 party", "B"]
    assert found.about == "Made up"


def test_self_ties_are_alike_in_lists_and_squares(tmp_path: Path) -> None:
    listed = load_blocs(written(tmp_path, "actor,other,propensity\nA,A,2\nA,B,1\nB,B,-1\n"))
    square = load_blocs(written(tmp_path, ",A,B\nA,2,1\nB,,-1\n"))
    assert listed == square
    assert [each.self_tie for each in listed.actors.values()] == [2, -1]


def test_an_actor_may_be_called_size(tmp_path: Path) -> None:
    found = load_blocs(written(tmp_path, ",Size,B\nSize,0,2\nB,2,0\n"))
    assert found.names() == ["Size", "B"]
    assert found.table() == [[0, 2], [2, 0]]


YAML_MISTAKES = """\
actors:
  a: {size: 0}
  b: {size: true}
  c: {sise: 1}
ties: {a-b: 1, b->a: 2, a-cc: .inf, a-a: 1, b-c: x, c->b: 1}
issues:
  tariff: {a: {position: 1, salience: -1}, d: {position: 2}, b: {}}
"""


def test_all_mistakes_of_a_yaml_file_are_told_at_once(tmp_path: Path) -> None:
    assert problems(written(tmp_path, YAML_MISTAKES, "x.yaml")) == [
        "2:13: 0 is not above 0; give a number above 0",
        "3:13: expected a number, found true; write a number such as 0.5",
        "4:7: unknown key 'sise'; did you mean 'size'?",
        "5:16: 'b->a' gives again what 'a-b' has given; keep one of the two, or write both "
        "directions with ->",
        "5:25: unknown actor 'cc' in dyad 'a-cc'; did you mean 'c'?",
        "5:31: must be a finite number, found inf; write a number such as 0.5",
        "5:37: dyad 'a-a' joins an actor to itself; name two actors",
        "5:50: expected a number, found the text 'x'; write a number such as 0.5",
        "5:53: 'c->b' gives again what 'b-c' has given; keep one of the two, or write both "
        "directions with ->",
        "7:39: -1 is below 0; give at least 0",
        "7:44: unknown actor 'd'; use one of: a, b, c",
        "7:62: `position` is missing; add it to `b`",
    ]


def test_too_many_actors_and_too_few(tmp_path: Path) -> None:
    many = "actor,other,propensity\n" + "".join(f"a,b{k},1\n" for k in range(64))
    [found] = problems(written(tmp_path, many))
    assert "`actors` has 65 entries of at most 64" in found
    [found] = problems(
        written(tmp_path, "actors: {a: {}}\nissues: {t: {a: {position: 1}}}", "y.yaml")
    )
    assert "`actors` has 1 entries and needs at least 2" in found


def test_beyond_what_can_be_enumerated_the_rest_is_done(tmp_path: Path) -> None:
    many = "actor,other,propensity\n" + "".join(f"a,b{k},1\n" for k in range(30))
    result = call("blocs", written(tmp_path, many), "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["landscape"] is None
    assert found["balance"]["frustration_index"] is None
    assert found["balance"]["leading_eigenvector"]["eigenvalue"] == pytest.approx(30**0.5)
    assert found["notes"] == [
        "31 actors have 2^30 partitions; up to 24 actors are done; leave out minor actors, or "
        "join those that act as one"
    ]


# -- the command -----------------------------------------------------------------------------


def test_the_command_prints_a_system() -> None:
    result = call("blocs", EXAMPLES / "highland_tribes.csv", "--top", "2")
    assert result.exit_code == 0, result.stderr
    assert "5 local minima among 32,768 partitions, the 2 deepest" in result.stdout
    assert "7 of 58" in result.stdout
    assert re.search(r"balanced triads +59\n", result.stdout)


def test_json_holds_everything(tmp_path: Path) -> None:
    result = call("blocs", EXAMPLES / "border_dispute.yaml", "--json", "--out", tmp_path / "found")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    [best] = found["landscape"]["minima"]
    assert best["blocs"] == [["north", "coast"], ["south", "island"]]
    assert best["energy"] == -64
    assert best["frustration"] == {"north": -6, "south": -10, "coast": -2, "island": -6}
    assert found["positions"]["tariff"] == {
        "median": 15,
        "lower_median": 10,
        "upper_median": 20,
        "mean": 20,
    }
    assert found["balance"]["symmetrised"] is True
    names = [Path(each).name for each in found.pop("files")]
    assert names == ["blocs.json", "blocs.png"]
    assert json.loads((tmp_path / "found" / "blocs.json").read_text()) == found


def test_options_of_scenarios_are_refused_for_a_file_and_not_recorded(tmp_path: Path) -> None:
    path = EXAMPLES / "border_dispute.yaml"
    given = ["--month", "2020-01", "--run", "1", "--runs", "1000", "--seed", "0"]
    given += ["--sizes", "equal", "--set", "a=1", "--theory", "x", "--workers", "2"]
    given += ["--scheduler", "tcp://127.0.0.1:1"]
    result = call("blocs", path, *given)
    assert result.exit_code == 2
    said = re.search(r"leave (.*) out", " ".join(result.stderr.split()))
    assert said is not None
    assert said[1].split(", ") == [each for each in given if each.startswith("--")]
    result = call("blocs", path, "--top", "3", "--json")
    assert json.loads(result.stdout)["command"] == f"alliance-sim blocs {path} --top 3"


def test_tables_on_the_terminal_show_names(tmp_path: Path) -> None:
    text = "actor,other,propensity\nCôte d'Ivoire,Łódź,-1\n[bold]Øst,Łódź,1\n"
    result = call("blocs", written(tmp_path, text))
    assert result.exit_code == 0, result.stderr
    for name in ("Côte d'Ivoire", "Łódź", "[bold]Øst"):
        assert result.stdout.count(name) >= 4  # partition, frustration, and two splits
    assert "cote_d_ivoire" not in result.stdout


def test_split_basins_are_fractions_as_text() -> None:
    foes = read_blocs(
        {"actors": {key: {} for key in "abc"}, "ties": {"a-b": -1, "a-c": -1, "b-c": -1}}
    )
    minima = al.blocs(foes).as_json()["landscape"]["minima"]
    assert [each["basin"] for each in minima] == ["4/3"] * 3
    assert [each["basin_share"] for each in minima] == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.csv",), "nowhere.csv: the file cannot be read"),
        (("nowhere.yaml",), "there is no scenario 'nowhere.yaml'"),
        (
            (EXAMPLES / "highland_tribes.csv", "--run", "1"),
            "not a scenario that is run; leave --run",
        ),
        (("us_exits_jcpoa", "--month", "2031-01"), "choose one from 2018-05 to 2023-05"),
        (("us_exits_jcpoa", "--month", "May"), "'May' is no month of the horizon"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[object, ...], said: str) -> None:
    result = call("blocs", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
