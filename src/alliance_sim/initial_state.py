"""A world's initial values from tidy data files: one stated mapping, sources attached.

The files hold published data (votes, treaties, disputes, sanctions, trade, arms, distance) by
state and by pair of states. Each value of the world is a short formula of a few of them. The
coefficients are the fields of :class:`Mapping`; almost all are judgement, and say so. They are
round on purpose and the same for every pair: none is fitted to a relation.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.load.csv_columns import Columns, read_columns, shortened
from alliance_sim.observations import published

Pair = tuple[str, str]
"""Two iso3 codes: alphabetical for an undirected dyad, (by, on) for a directed one."""
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Mapping:
    """Every coefficient that turns the data into initial values."""

    # How far back, and how old data may be.
    vote_years: int = 3  # judgement: one session holds some 70 votes, three steady the mean
    dispute_years: int = 10  # judgement: a decade of disputes is remembered
    side_years: int = 3  # judgement: fighting together describes the present
    arms_years: int = 5  # the span that SIPRI itself uses to compare transfers
    trade_years: int = 5  # judgement: an older flow is not the present one
    stale_years: int = 10  # judgement: refuse a series that ends longer ago than this

    # Alignment: tanh of a linear score, in [-alignment_limit, alignment_limit].
    alignment_limit: float = 0.9  # judgement: no relation is beyond change
    kappa_weight: float = 0.8  # judgement: votes alone must not decide
    # Judgement: halfway between agreement by chance (0) and the mean pair of 18 states (0.2).
    kappa_centre: float = 0.1
    rivalry_base: float = 0.2  # judgement
    rivalry_kind: float = 0.1  # judgement: rivals over more kinds of issue are worse rivals
    rivalry_principal: float = 0.2  # judgement: principal rival of at least one side
    dispute_weight: float = 0.4  # judgement
    dispute_half_life: float = 5.0  # years; judgement
    treaty_weight: float = 0.3  # judgement: a signature is less than conduct
    same_side_weight: float = 0.4  # judgement: fighting together is stronger than a treaty
    opposite_side_weight: float = 0.4  # judgement: the mirror of the same side
    minor_conflict: float = 0.5  # judgement: 25-999 deaths a year against 1,000 or more
    co_supporters: float = 0.5  # judgement: two helpers of a third, less than helper and helped
    sanctions_sent: float = 0.4  # judgement: a sanction states the sender's orientation
    sanctions_received: float = 0.3  # judgement: the target resents it, a little less

    # Obligation of the strongest treaty clause, in [0, 1].
    treaty_defence: float = 1.0  # judgement, as the three below: how much the clause asks
    treaty_neutrality: float = 0.4
    treaty_consultation: float = 0.3
    treaty_nonaggression: float = 0.2
    treaty_of_rivals: float = 0.5  # judgement: strategic rivals keep treaties half alive

    # Trust, in [0, 1].
    trust_of_strangers: float = 0.5  # judgement: the middle of the scale
    trust_alignment: float = 0.3  # judgement
    trust_commitment: float = 0.2  # judgement
    trust_dispute: float = 0.2  # judgement: lost in the year of a dispute
    trust_memory: float = 10.0  # years after which a dispute weighs 1/e; judgement

    # Coercion, in [0, 1]: the three add up to 1 at most, which is war under full sanctions.
    coercion_sanctions: float = 0.5  # judgement: the heaviest economic sanctions are half of war
    coercion_disputes: float = 0.2  # judgement
    coercion_war: float = 0.3  # judgement

    # Commitment, in [0, 1].
    commitment_treaty: float = 0.5  # judgement
    commitment_igo: float = 0.5  # judgement
    igo_full: float = 100.0  # joint memberships; the closest pair shares 95 in 2014

    # Proximity and cooperation, in [0, 1].
    strength_halves_km: float = 1000.0  # judgement; the gradient itself is Boulding's (1962)
    trade_small: float = 0.001  # trade / mean GDP where the logarithm sets in; judgement
    trade_full: float = 0.05  # judgement: the three closest pairs of 2016 have 0.046-0.067
    arms_small_tiv: float = 100.0  # million TIV where the logarithm sets in; judgement
    arms_full_tiv: float = 5000.0  # judgement: the largest flow of 2012-2016 is 5,867
    security_treaty: float = 0.4  # judgement
    security_same_side: float = 0.6  # judgement: conduct above paper
    diplomacy_igo: float = 0.5  # judgement
    diplomacy_kappa: float = 0.5  # judgement


DEFAULT = Mapping()

EU_MEMBERS: dict[str, tuple[int, int | None]] = {
    # iso3: first and last year at whose end the state was a member (treaties of accession;
    # the withdrawal agreement took effect on 31 January 2020).
    **dict.fromkeys(("BEL", "DEU", "FRA", "ITA", "LUX", "NLD"), (1958, None)),
    **dict.fromkeys(("DNK", "IRL"), (1973, None)),
    "GBR": (1973, 2019),
    "GRC": (1981, None),
    **dict.fromkeys(("ESP", "PRT"), (1986, None)),
    **dict.fromkeys(("AUT", "FIN", "SWE"), (1995, None)),
    **dict.fromkeys(
        ("CYP", "CZE", "EST", "HUN", "LVA", "LTU", "MLT", "POL", "SVK", "SVN"), (2004, None)
    ),
    **dict.fromkeys(("BGR", "ROU"), (2007, None)),
    "HRV": (2013, None),
}
SENDER_FLAGS = {"s_us": "USA", "s_uk": "GBR"}  # what the flags of the sanctions file stand for
MEASURES = ("trade", "arms", "military", "financial", "travel", "other")
RIVALRY_KINDS = ("positional", "spatial", "ideological", "interventionary")
GSDB_FROM = 2013  # the file lacks cases that ended earlier
EUSANCT_FROM = 1989
EUSANCT_FULL = 36.0  # largest intensity: economic severity 6 times targeted severity 6

FILES: dict[str, tuple[str, ...]] = {
    "states.csv": ("iso3", "name"),
    "state_year.csv": ("iso3", "year", "nmc_cinc", "gdp_current_usd"),
    "unga_dyad_calendar_year.csv": ("iso_a", "iso_b", "year", "kappa_w"),
    "unga_ideal_points.csv": ("iso3", "year", "ideal_point"),
    "dyad_year_structure.csv": (
        *("iso_a", "iso_b", "year", "atop_defense", "atop_offense", "atop_neutral", "atop_nonagg"),
        *("atop_consul", "igo_shared", "cowmid_hostlev", "cow_peace_years", "ucdp_interstate"),
        "min_distance_km",
    ),
    "dyad_static.csv": ("iso_a", "iso_b", "capital_distance_km", "contiguity_2016"),
    "rivalries.csv": (
        *("iso_a", "iso_b", "start", "end", *RIVALRY_KINDS, "principal", "aprin"),
        "censored_2020",
    ),
    "ucdp_involvement.csv": ("conflict_id", "year", "iso3", "side", "role", "intensity"),
    "sanctions_gsdb_cases.csv": (
        *("target", "senders", "start_year", "end_year", *MEASURES, *SENDER_FLAGS, "s_eu"),
        "ongoing_2022",
    ),
    "sanctions_eusanct_cases.csv": ("target", "sender", "start_year", "end_year", "intensity"),
    "arms_dyad_year.csv": ("supplier", "recipient", "year", "tiv_delivered"),
    "trade_dyad_year.csv": (
        *("exporter", "importer", "year", "cow_imports_musd", "itpd_current_musd"),
    ),
}
TEXT_COLUMNS = {
    *("iso3", "iso_a", "iso_b", "name", "side", "role", "target", "senders", "sender"),
    *("supplier", "recipient", "exporter", "importer"),
}
NEVER_EMPTY = (TEXT_COLUMNS - {"senders"}) | {"year", "start", "start_year"}
DATED = {  # the series that must reach the year, by file
    "state_year.csv": ("nmc_cinc",),
    "unga_dyad_calendar_year.csv": ("kappa_w",),
    "unga_ideal_points.csv": ("ideal_point",),
    "dyad_year_structure.csv": FILES["dyad_year_structure.csv"][3:],
    "ucdp_involvement.csv": ("conflict_id",),
    "arms_dyad_year.csv": ("tiv_delivered",),
}

REFERENCES = {
    "unga": published.REFERENCES["unga"],
    "ideal_points": published.REFERENCES["ideal_points"],
    "nmc": "Singer, J. D. (1987), Reconstructing the Correlates of War Dataset on Material "
    "Capabilities of States, 1816-1985, International Interactions 14:115-132; "
    "National Material Capabilities, version 7.0.",
    "wdi": "World Bank, World Development Indicators, NY.GDP.MKTP.CD.",
    "sipri": published.REFERENCES["sipri"],
    "itpd": published.REFERENCES["itpd"],
    "cow_trade": published.REFERENCES["cow_trade"],
    "atop": "Leeds, B. A., J. Ritter, S. Mitchell and A. Long (2002), Alliance Treaty Obligations "
    "and Provisions, 1815-1944, International Interactions 28:237-260; ATOP 5.",
    "igo": "Pevehouse, J. et al. (2020), Journal of Peace Research 57(3):492-503; "
    "COW Intergovernmental Organizations, version 3.",
    "mid": "Palmer, G. et al. (2022), Conflict Management and Peace Science 39(4):470-482; "
    "COW Militarized Interstate Disputes, version 5.",
    "thompson": "Thompson, W. R., K. Sakuwa and P. H. Suhas (2021), Analyzing Strategic Rivalries "
    "in World Politics, Springer.",
    "ucdp": "Gleditsch, N. P. et al. (2002), Journal of Peace Research 39(5):615-637; "
    "UCDP Armed Conflict 25.1.",
    "mindist": "Schvitz, G. et al. (2022), Mapping the International System, 1886-2019, Journal of "
    "Conflict Resolution 66(1):144-161.",
    "contiguity": "Stinnett, D. et al. (2002), Conflict Management and Peace Science 19(2):59-67; "
    "COW Direct Contiguity 3.2.",
    "peacesciencer": "Miller, S. V. (2022), peacesciencer, Conflict Management and Peace Science "
    "39(6):755-779.",
    "gsdb": "Felbermayr, G. et al. (2020), The global sanctions data base, European Economic "
    "Review 129:103561; Syropoulos, C. et al. (2024), The Global Sanctions Data Base - Release 3, "
    "Review of International Economics 32(1):12-48.",
    "eusanct": "Weber, P. M. and G. Schneider (2022), Post-Cold War sanctioning by the EU, the UN, "
    "and the US: Introducing the EUSANCT Dataset, Conflict Management and Peace Science "
    "39(1):97-114.",
    "eu_treaties": "European Union, treaties of accession of the member states, and the agreement "
    "on the withdrawal of the United Kingdom (2020).",
    "boulding": "Boulding, K. E. (1962), Conflict and Defense: A General Theory, New York: Harper.",
}


@dataclass(frozen=True)
class Evidence:
    """What the data say about one dyad, before any weight."""

    kappa: float = 0.0
    """Chance-corrected agreement in UN votes, [-1, 1]."""
    rivalry: float = 0.0
    """Severity of a strategic rivalry, [0, 1]; 0 for none."""
    disputes: float = 0.0
    """Recent militarised disputes, [0, 1): 1 - exp(-decayed hostility)."""
    treaty: float = 0.0
    """Obligation of the strongest treaty clause in force, [0, 1]."""
    defence: float = 0.0
    """Defence or offence pact in force, [0, 1]; less than 1 between rivals."""
    same_side: float = 0.0
    """Fighting on one side of an armed conflict lately, [0, 1]."""
    opposite_side: float = 0.0
    """Fighting on opposite sides lately, [0, 1]."""
    war: float = 0.0
    """Interstate armed conflict with one another: 0, 0.5 (minor) or 1 (1,000 deaths)."""
    igo_shared: float = 0.0
    """Joint memberships in intergovernmental organisations, count."""
    peace_years: float | None = None
    """Years since the last militarised dispute; None when not known."""


# --- The mapping: pure functions of the evidence -------------------------------------------


def alignment(seen: Evidence, sent: float, received: float, by: Mapping = DEFAULT) -> float:
    """Orientation of one state to another, in [-0.9, 0.9]: tanh of a linear score.

    ``sent`` is the share of the sanctions scale, in [0, 1], that the state puts on the other,
    ``received`` the share that the other puts on it. The data behind each term are cited in
    the ``sources`` of the world; the form and the weights are judgement.
    """
    score = (
        by.kappa_weight * (seen.kappa - by.kappa_centre)
        - seen.rivalry
        - by.dispute_weight * seen.disputes
        + by.treaty_weight * seen.treaty
        + by.same_side_weight * seen.same_side
        - by.opposite_side_weight * seen.opposite_side
        - by.sanctions_sent * sent
        - by.sanctions_received * received
    )
    return max(-by.alignment_limit, min(by.alignment_limit, math.tanh(score)))


def trust(seen: Evidence, aligned: float, committed: float, by: Mapping = DEFAULT) -> float:
    """Belief that the other keeps its word, in [0, 1]; strangers have 0.5.

    ``aligned`` in [-1, 1] and ``committed`` in [0, 1] are the dyad's alignment and commitment.
    A dispute costs most in its year and fades exponentially with the years of peace (judgement).
    """
    recent = 0.0 if seen.peace_years is None else math.exp(-seen.peace_years / by.trust_memory)
    level = by.trust_of_strangers + by.trust_alignment * aligned + by.trust_commitment * committed
    return _unit(level - by.trust_dispute * recent)


def coercion(seen: Evidence, sent: float, by: Mapping = DEFAULT) -> float:
    """Pressure that a state puts on another, in [0, 1]; 1 is war under full sanctions.

    ``sent`` is the share of the sanctions scale in use, in [0, 1]. Disputes and war have no
    direction in the data and count both ways.
    """
    return _unit(
        by.coercion_sanctions * sent
        + by.coercion_disputes * seen.disputes
        + by.coercion_war * seen.war
    )


def commitment(seen: Evidence, by: Mapping = DEFAULT) -> float:
    """Institutional depth, in [0, 1]: treaty obligations and joint memberships (judgement)."""
    return _unit(
        by.commitment_treaty * seen.treaty
        + by.commitment_igo * min(1.0, seen.igo_shared / by.igo_full)
    )


def proximity(land_border: bool, distance_km: float, by: Mapping = DEFAULT) -> float:
    """Nearness for projecting power, in [0, 1]: 1 across a land border, else 1 / (1 + d / d0).

    The loss-of-strength gradient of Boulding (1962); its hyperbolic form and d0 are judgement.
    """
    return 1.0 if land_border else 1.0 / (1.0 + distance_km / by.strength_halves_km)


def trade(total_usd: float, gdp_a: float, gdp_b: float, by: Mapping = DEFAULT) -> float:
    """Trade of both directions against the geometric mean of both GDPs (all USD), in [0, 1]."""
    ratio = total_usd / math.sqrt(gdp_a * gdp_b)
    return _log_scale(ratio, by.trade_small, by.trade_full)


def arms(tiv: float, by: Mapping = DEFAULT) -> float:
    """Arms delivered both ways in five years (million TIV) on a log scale, in [0, 1]."""
    return _log_scale(tiv, by.arms_small_tiv, by.arms_full_tiv)


def security(seen: Evidence, by: Mapping = DEFAULT) -> float:
    """Security cooperation, in [0, 1]: a defence pact, and fighting on one side."""
    return _unit(by.security_treaty * seen.defence + by.security_same_side * seen.same_side)


def diplomacy(seen: Evidence, by: Mapping = DEFAULT) -> float:
    """Diplomatic cooperation, in [0, 1]: joint memberships, and agreement beyond chance."""
    return _unit(
        by.diplomacy_igo * min(1.0, seen.igo_shared / by.igo_full)
        + by.diplomacy_kappa * max(0.0, seen.kappa)
    )


def dispute_pressure(hostility: dict[int, float], last: int, by: Mapping = DEFAULT) -> float:
    """Recent disputes, in [0, 1): ``hostility`` (COW level 1-5) by year, up to year ``last``.

    Level 1 is no militarised action and 5 war. Age counts from the last year the data cover,
    because years without coverage are no sign of peace.
    """
    total = sum(
        max(0.0, level - 1) / 4 * 0.5 ** ((last - year) / by.dispute_half_life)
        for year, level in sorted(hostility.items())
        if last - by.dispute_years < year <= last
    )
    return 1.0 - math.exp(-total)


def _log_scale(value: float, small: float, full: float) -> float:
    return _unit(math.log1p(value / small) / math.log1p(full / small))


def _unit(value: float) -> float:
    return max(0.0, min(1.0, value))


# --- The result --------------------------------------------------------------------------


@dataclass(frozen=True)
class InitialState:
    """A fragment of a world: references, sources, actors and dyads, ready to be written."""

    year: int
    chosen: tuple[str, ...]
    """The actors asked for by name (iso3), or empty for all states of the data."""
    references: dict[str, str]
    sources: dict[str, str]
    actors: dict[str, dict[str, Any]]
    dyads: dict[str, dict[str, Any]]
    agreements: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Treaties that a timeline lets come or go; without one there are none."""
    until: int | None = None
    """Last year of that timeline."""

    def to_yaml(self) -> str:
        """The fragment as YAML text, the same text for the same values."""
        actors = f" --actors {','.join(self.chosen)}" if self.chosen else ""
        until = f" --until {self.until}" if self.until else ""
        lines = [
            f"# Made by `alliance-sim initial-state --data DIR --year {self.year}{actors}{until}`;",
            "# edit the command or the data, not this file.",
        ]
        for title, texts in (("references", self.references), ("sources", self.sources)):
            lines += [f"{title}:", *(f"  {key}: {json.dumps(texts[key])}" for key in texts)]
        lines += ["actors:", *(f"  {key}: {_flow(self.actors[key])}" for key in self.actors)]
        for title, entries in (("agreements", self.agreements), ("dyads", self.dyads)):
            lines += [f"{title}:"] if entries else []
            for key, values in entries.items():
                lines += [f"  {key}:", *(f"    {name}: {_flow(values[name])}" for name in values)]
        return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # Names are plain words; a sentence needs quotes.
        return value if re.fullmatch(r"[A-Za-z][A-Za-z ]*", value) else json.dumps(value)
    return str(round(value, 4) + 0.0)


def initial_state(data: Path, year: int, actors: Sequence[str] | None = None) -> InitialState:
    """The initial values at the end of ``year`` for ``actors`` (iso3 or ids; None for all).

    Raises InputError with every missing file, column, year and unknown actor at once.
    """
    tables, problems = _load(Path(data))
    names: dict[str, str] = {}
    if "states.csv" in tables:
        states = tables["states.csv"]
        names = dict(zip(states["iso3"].astype(str), states["name"].map(plain_name), strict=True))
    chosen, unknown = _choose(actors, names)
    problems += unknown + _year_problems(tables, year, DEFAULT)
    problems += _capability_problems(tables, year, chosen)
    if problems:
        raise InputError(problems)
    builder = _Builder(tables, year, {iso: names[iso] for iso in chosen}, names, DEFAULT)
    return builder.build(chosen if actors is not None else ())


def read_tables(data: Path, year: int) -> Tables:
    """The files of a folder, if all are whole and reach the year; InputError if not."""
    tables, problems = _load(Path(data))
    problems += _year_problems(tables, year, DEFAULT)
    if problems:
        raise InputError(problems)
    return tables


def actor_id(name: str) -> str:
    """The id of a state: its name without any parenthesis, as a slug."""
    return re.sub(r"[^a-z0-9]+", "_", plain_name(name).lower()).strip("_")


def plain_name(name: str) -> str:
    """A state's name without what stands in parentheses."""
    return re.sub(r"\s*\(.*?\)", "", str(name)).strip()


# --- Reading, and every problem at once ----------------------------------------------------


def _load(folder: Path) -> tuple[Tables, list[Problem]]:
    """Read every file that is there and whole; say what is wrong with the others."""
    tables: Tables = {}
    problems: list[Problem] = []
    for file, columns in FILES.items():
        path = folder / file
        if not path.is_file():
            bring = f"put a CSV with the columns {', '.join(columns)} there"
            problems.append(Problem("the file is missing", bring, str(path)))
            continue
        found: list[Problem] = []
        read = read_columns(path, found)
        table = pd.DataFrame() if read is None else _frame(read, columns, found)
        problems += shortened(found)
        if not found:
            tables[file] = table
    return tables, problems


def _frame(read: Columns, columns: Iterable[str], problems: list[Problem]) -> pd.DataFrame:
    """The columns that are used: text, or numbers with NaN where nothing is known."""
    data: dict[str, Any] = {}
    for column in columns:
        if column not in read.header:
            problems.append(read.top(f"column '{column}' is missing", "add it to the header"))
            continue
        if column in NEVER_EMPTY:
            read.filled(column, problems)
        text = column in TEXT_COLUMNS
        data[column] = read.texts(column) if text else read.numbers(column, problems)
    return pd.DataFrame(data)


def _choose(
    actors: Sequence[str] | None, names: dict[str, str]
) -> tuple[tuple[str, ...], list[Problem]]:
    """The chosen iso3 codes in the order of their ids, and who is not known."""
    ids = {actor_id(name): iso for iso, name in names.items()}
    known = {**ids, **{iso: iso for iso in names}}
    asked = list(names) if actors is None else list(actors)
    problems = [
        Problem(f"unknown actor '{actor}'", f"use iso3 codes or ids: {', '.join(sorted(ids))}")
        for actor in asked
        if names and actor not in known
    ]
    if names and len({known.get(actor, actor) for actor in asked}) < 2:
        problems.append(Problem("fewer than two actors", "name at least two: values are of pairs"))
    chosen = {known[actor] for actor in asked if actor in known}
    return tuple(sorted(chosen, key=lambda iso: actor_id(names[iso]))), problems


def _year_problems(tables: Tables, year: int, by: Mapping) -> list[Problem]:
    """Series that do not reach the year, or that ended too long before it."""
    problems = []
    for file, columns in DATED.items():
        for column in columns if file in tables else ():
            years = _covered(tables[file], column, year, 1)
            if not years or year - years[0] > by.stale_years:
                every = _covered(tables[file], column, 9999, 9999)
                span = f"{every[0]}-{every[-1]}" if every else "no year"
                what = f"column '{column}' has nothing for {year - by.stale_years}-{year}"
                mend = f"choose a year it reaches (it covers {span}) or bring newer rows"
                problems.append(Problem(what, mend, file))
    if year < EUSANCT_FROM and "sanctions_eusanct_cases.csv" in tables:
        mend = f"choose {EUSANCT_FROM} or later"
        what = f"sanctions are not covered before {EUSANCT_FROM}"
        problems.append(Problem(what, mend, "sanctions_eusanct_cases.csv"))
    return problems


def _capability_problems(tables: Tables, year: int, chosen: Sequence[str]) -> Iterator[Problem]:
    """Chosen actors without any capability up to the year, for which nothing can stand in."""
    if "state_year.csv" in tables:
        known = read_state_series(tables, "nmc_cinc", year)
        for iso in chosen if known else ():
            if iso not in known:
                what = f"no 'nmc_cinc' for {iso} up to {year}"
                yield Problem(what, "add the rows, or leave the actor out", "state_year.csv")


def _covered(table: pd.DataFrame, column: str, year: int, count: int) -> list[int]:
    """The last ``count`` years up to ``year`` in which the column holds anything, ascending."""
    years = table.loc[table[column].notna() & (table["year"] <= year), "year"]
    return sorted({int(value) for value in years})[-count:]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


# --- From tables to evidence: one function for each source ---------------------------------


@dataclass(frozen=True)
class Votes:
    """Agreement in UN votes by pair, and the line that imputes it where votes are absent."""

    years: list[int]
    kappa: dict[Pair, float]
    points: dict[tuple[str, int], float]
    line: tuple[float, float] | None
    """Slope and intercept of kappa_w on ideal-point distance; None when it cannot be fitted."""
    observed: int

    def imputed(self, pair: Pair) -> float | None:
        """Agreement that the distance of the pair's ideal points suggests, in [-1, 1]."""
        gaps = [gap for year in self.years if (gap := self.gap(pair, year)) is not None]
        if self.line is None or not gaps:
            return None
        return max(-1.0, min(1.0, self.line[1] + self.line[0] * statistics.fmean(gaps)))

    def gap(self, pair: Pair, year: int) -> float | None:
        """Distance of the two ideal points in a year; None when one is not known."""
        ends = [self.points.get((iso, year)) for iso in pair]
        return None if ends[0] is None or ends[1] is None else abs(ends[0] - ends[1])


def read_votes(tables: Tables, year: int, by: Mapping = DEFAULT) -> Votes:
    """Mean ``kappa_w`` over the last years of the file, and the least-squares line for the rest."""
    table = tables["unga_dyad_calendar_year.csv"].dropna(subset=["kappa_w"])
    years = _covered(table, "kappa_w", year, by.vote_years)
    ideal = tables["unga_ideal_points.csv"].dropna(subset=["ideal_point"])
    points = {(row["iso3"], int(row["year"])): float(row["ideal_point"]) for row in _rows(ideal)}
    seen: dict[Pair, list[float]] = defaultdict(list)
    fit: list[tuple[float, float]] = []
    empty = Votes(years, {}, points, None, 0)
    for row in _rows(table[table["year"].isin(years)].sort_values(["iso_a", "iso_b", "year"])):
        pair = _pair(row["iso_a"], row["iso_b"])
        seen[pair].append(float(row["kappa_w"]))
        gap = empty.gap(pair, int(row["year"]))
        if gap is not None:
            fit.append((gap, float(row["kappa_w"])))
    line = None
    if len({gap for gap, _ in fit}) > 1:
        found = statistics.linear_regression([x for x, _ in fit], [y for _, y in fit])
        line = (found.slope, found.intercept)
    means = {pair: statistics.fmean(values) for pair, values in seen.items()}
    return Votes(years, means, points, line, len(fit))


def read_rivalries(tables: Tables, year: int, by: Mapping = DEFAULT) -> dict[Pair, float]:
    """Severity, in [0, 1], of each strategic rivalry alive at the end of the year."""
    found: dict[Pair, float] = {}
    for row in _rows(tables["rivalries.csv"]):
        alive = row["start"] <= year and (row["end"] > year or row["censored_2020"] == 1)
        if alive:
            kinds = sum(row[kind] == 1 for kind in RIVALRY_KINDS)
            principal = row["principal"] == 1 or row["aprin"] == 1
            severity = by.rivalry_base + by.rivalry_kind * kinds + by.rivalry_principal * principal
            pair = _pair(row["iso_a"], row["iso_b"])
            found[pair] = max(found.get(pair, 0.0), min(1.0, severity))
    return found


def read_disputes(tables: Tables, year: int, by: Mapping = DEFAULT) -> dict[Pair, float]:
    """Recent militarised disputes of each pair, in [0, 1)."""
    table = tables["dyad_year_structure.csv"]
    last = _covered(table, "cowmid_hostlev", year, 1)[0]
    hostility: dict[Pair, dict[int, float]] = defaultdict(dict)
    for row in _rows(table[table["cowmid_hostlev"] > 0]):
        hostility[_pair(row["iso_a"], row["iso_b"])][int(row["year"])] = row["cowmid_hostlev"]
    return {pair: dispute_pressure(levels, last, by) for pair, levels in hostility.items()}


def read_latest(tables: Tables, column: str, year: int) -> dict[Pair, float]:
    """One column of the pair-year file in its last covered year; pairs with no value are absent."""
    table = tables["dyad_year_structure.csv"]
    last = _covered(table, column, year, 1)
    rows = _rows(table[table["year"].isin(last) & table[column].notna()])
    return {_pair(row["iso_a"], row["iso_b"]): float(row[column]) for row in rows}


def war_share(level: float | None) -> float:
    """Interstate conflict of a pair (None, 0, 1 or 2) as 0, a half for a minor one, or 1."""
    return min(1.0, (level or 0.0) / 2)


def read_treaties(tables: Tables, year: int, by: Mapping = DEFAULT) -> dict[Pair, float]:
    """Obligation of the strongest treaty clause of each pair, in [0, 1]."""
    weights = {
        "atop_defense": by.treaty_defence,
        "atop_offense": by.treaty_defence,
        "atop_neutral": by.treaty_neutrality,
        "atop_consul": by.treaty_consultation,
        "atop_nonagg": by.treaty_nonaggression,
    }
    found: dict[Pair, float] = {}
    for column, weight in weights.items():
        for pair, value in read_latest(tables, column, year).items():
            found[pair] = max(found.get(pair, 0.0), weight * value)
    return found


@dataclass
class Sides:
    """Who fought beside or against whom lately: shares of the years, [0, 1], and whom it served."""

    same: dict[Pair, float] = field(default_factory=lambda: defaultdict(float))
    opposite: dict[Pair, float] = field(default_factory=lambda: defaultdict(float))
    supports: set[Pair] = field(default_factory=set)
    """(helper, government): helped it with troops in its own war."""


def read_sides(tables: Tables, year: int, by: Mapping = DEFAULT) -> Sides:
    """The closest tie of each pair in each of the last years, averaged over those years."""
    table = tables["ucdp_involvement.csv"]
    years = _covered(table, "conflict_id", year, by.side_years)
    best: dict[tuple[str, Pair, int], float] = defaultdict(float)
    sides = Sides()
    parties: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(table[table["year"].isin(years)]):
        parties[int(row["conflict_id"]), int(row["year"])].append(row)
    for (_, when), group in sorted(parties.items()):
        for one, two in permutations(group, 2):
            if one["iso3"] == two["iso3"]:
                continue
            same = one["side"] == two["side"]
            government = two["side"] == "a" and two["role"] == "primary"
            if same and government and one["role"] == "secondary":
                sides.supports.add((one["iso3"], two["iso3"]))
            helpers = one["role"] == two["role"] == "secondary"
            weight = by.co_supporters if helpers else 1.0
            weight *= 1.0 if one["intensity"] >= 2 else by.minor_conflict
            key = ("same" if same else "opposite", _pair(one["iso3"], two["iso3"]), when)
            best[key] = max(best[key], weight)
    for (kind, pair, _), weight in sorted(best.items()):
        target = sides.same if kind == "same" else sides.opposite
        target[pair] += weight / len(years)
    return sides


def read_sanctions(tables: Tables, year: int, names: dict[str, str]) -> dict[Pair, float]:
    """Share of the sanctions scale, in [0, 1], of each (sender, target) at the end of the year.

    From 2013 the number of distinct kinds of measure over 6 (GSDB), before that the largest
    intensity over 36 (EUSANCT). EU sanctions are those of each member; UN sanctions, binding on
    all, say nothing of a single sender and are left out.
    """
    if year < GSDB_FROM:
        return read_eusanct(tables, year)
    members = _eu_members(year)
    kinds: dict[Pair, set[str]] = defaultdict(set)
    by_name = {name: iso for iso, name in names.items()}
    for row in _rows(tables["sanctions_gsdb_cases.csv"]):
        if row["start_year"] > year or not (row["end_year"] > year or row["ongoing_2022"] == 1):
            continue
        words = [word.strip() for word in str(row["senders"]).split(",")]
        senders = {by_name[word] for word in words if word in by_name}
        senders |= {iso for flag, iso in SENDER_FLAGS.items() if row[flag] == 1}
        senders |= members if row["s_eu"] == 1 else set()
        for sender in senders:
            kinds[sender, row["target"]].update(kind for kind in MEASURES if row[kind] == 1)
    return {pair: len(found) / len(MEASURES) for pair, found in kinds.items() if found}


def _eu_members(year: int) -> set[str]:
    """Members of the European Union at the end of a year."""
    return {
        iso
        for iso, (first, last) in EU_MEMBERS.items()
        if first <= year and (last is None or year <= last)
    }


def read_eusanct(tables: Tables, year: int) -> dict[Pair, float]:
    """Largest intensity over 36 of each (sender, target) at the end of a year, of EUSANCT alone."""
    table, members = tables["sanctions_eusanct_cases.csv"], _eu_members(year)
    found: dict[Pair, float] = {}
    for row in _rows(table[table["start_year"] <= year]):
        in_force = pd.isna(row["end_year"]) or row["end_year"] > year
        senders = {"US": {SENDER_FLAGS["s_us"]}, "EU": members}.get(row["sender"], set())
        for sender in senders if in_force and not pd.isna(row["intensity"]) else ():
            pair = (sender, row["target"])
            found[pair] = max(found.get(pair, 0.0), row["intensity"] / EUSANCT_FULL)
    return found


def read_trade(tables: Tables, year: int, by: Mapping = DEFAULT) -> dict[Pair, tuple[float, str]]:
    """Latest trade (million USD) of each (exporter, importer) and the reference it is from."""
    table = tables["trade_dyad_year.csv"].sort_values(["exporter", "importer", "year"])
    columns = {"cow_imports_musd": "cow_trade", "itpd_current_musd": "itpd"}
    last = max((end for column in columns for end in _covered(table, column, year, 1)), default=0)
    if last < year - by.stale_years:
        return {}
    recent = table[(table["year"] <= last) & (table["year"] > last - by.trade_years)]
    found: dict[Pair, tuple[float, str]] = {}
    for column, reference in columns.items():
        # Rows ascend in time and ITPD-E comes second: the newest, better-covered value stays.
        for row in _rows(recent[recent[column].notna()]):
            found[row["exporter"], row["importer"]] = (float(row[column]), reference)
    return found


def read_arms(tables: Tables, year: int, by: Mapping = DEFAULT) -> dict[Pair, float]:
    """Million TIV delivered within each pair, both ways, in the last five covered years."""
    table = tables["arms_dyad_year.csv"]
    last = _covered(table, "tiv_delivered", year, 1)[0]
    recent = table[(table["year"] <= last) & (table["year"] > last - by.arms_years)]
    found: dict[Pair, float] = defaultdict(float)
    for row in _rows(recent.dropna(subset=["tiv_delivered"])):
        found[_pair(row["supplier"], row["recipient"])] += float(row["tiv_delivered"])
    return found


def read_state_series(tables: Tables, column: str, year: int) -> dict[str, float]:
    """The latest value of each state up to the year."""
    table = tables["state_year.csv"].sort_values("year")
    rows = _rows(table[(table["year"] <= year) & table[column].notna()])
    return {row["iso3"]: float(row[column]) for row in rows}


# --- Putting a world together --------------------------------------------------------------


class _Builder:
    """Reads every source once, then answers for one dyad at a time."""

    def __init__(
        self,
        tables: Tables,
        year: int,
        actors: dict[str, str],
        names: dict[str, str],
        by: Mapping,
    ) -> None:
        self.tables, self.year, self.actors, self.by = tables, year, actors, by
        self.ids = {iso: actor_id(name) for iso, name in actors.items()}
        self.votes = read_votes(tables, year, by)
        self.rivalries = read_rivalries(tables, year, by)
        self.disputes = read_disputes(tables, year, by)
        self.treaties = read_treaties(tables, year, by)
        self.sides = read_sides(tables, year, by)
        self.sanctions = read_sanctions(tables, year, names)
        self.trade = read_trade(tables, year, by)
        self.arms = read_arms(tables, year, by)
        self.cinc = read_state_series(tables, "nmc_cinc", year)
        self.gdp = read_state_series(tables, "gdp_current_usd", year)
        wanted = ("atop_defense", "atop_offense", "igo_shared", "cow_peace_years")
        self.latest = {
            column: read_latest(tables, column, year)
            for column in (*wanted, "ucdp_interstate", "min_distance_km")
        }
        static = _rows(tables["dyad_static.csv"])
        self.static = {_pair(row["iso_a"], row["iso_b"]): row for row in static}

    def build(self, chosen: tuple[str, ...]) -> InitialState:
        actors = {
            self.ids[iso]: {"name": name, "iso3": iso, "capability": round(self.cinc[iso], 4)}
            for iso, name in self.actors.items()
        }
        dyads = {
            f"{self.ids[a]}-{self.ids[b]}": self.dyad(a, b) for a, b in combinations(self.actors, 2)
        }
        sources = _sources(self.year, self.tables, self.votes, self.by)
        texts = [*sources.values()]
        for dyad in dyads.values():
            texts += dyad.get("source", {}).values()
        used = {word for text in texts for word in re.findall(r"\w+", text.split(":")[0])}
        references = {key: text for key, text in REFERENCES.items() if key in used}
        return InitialState(self.year, chosen, references, sources, actors, dyads)

    def dyad(self, a: str, b: str) -> dict[str, Any]:
        """Every value of the dyad whose ids are in order ``a``, ``b``."""
        notes: dict[str, str] = {}
        seen = self.evidence(_pair(a, b), notes)
        there, back = self.sent(a, b), self.sent(b, a)
        aligned = (
            alignment(seen, there, back, self.by),
            alignment(seen, back, there, self.by),
        )
        committed = commitment(seen, self.by)
        trusted = tuple(trust(seen, value, committed, self.by) for value in aligned)
        pressed = (coercion(seen, there, self.by), coercion(seen, back, self.by))
        ways = (f"{self.ids[a]}->{self.ids[b]}", f"{self.ids[b]}->{self.ids[a]}")
        pressure = {way: round(p, 4) for way, p in zip(ways, pressed, strict=True) if round(p, 4)}
        values: dict[str, Any] = {
            "proximity": round(self.proximity(_pair(a, b), notes), 4),
            "alignment": _both_ways(ways, aligned),
            "trust": _both_ways(ways, trusted),
            **({"coercion": pressure} if pressure else {}),
            "commitment": round(committed, 4),
            "cooperation": self.cooperation(a, b, seen, notes),
        }
        return {**values, "source": notes} if notes else values

    def evidence(self, pair: Pair, notes: dict[str, str]) -> Evidence:
        rivalry = self.rivalries.get(pair, 0.0)
        halved = self.by.treaty_of_rivals if rivalry else 1.0
        latest = {column: values.get(pair) for column, values in self.latest.items()}
        igo, war = latest["igo_shared"], latest["ucdp_interstate"]
        if igo is None:
            notes["commitment"] = "igo: joint memberships of this pair not covered, none counted"
        if latest["cow_peace_years"] is None:
            notes["trust"] = "mid: years of peace of this pair not covered, no dispute counted"
        return Evidence(
            kappa=self.kappa(pair, notes),
            rivalry=rivalry,
            disputes=self.disputes.get(pair, 0.0),
            treaty=halved * self.treaties.get(pair, 0.0),
            defence=halved * max(latest["atop_defense"] or 0.0, latest["atop_offense"] or 0.0),
            same_side=self.sides.same.get(pair, 0.0),
            opposite_side=self.sides.opposite.get(pair, 0.0),
            war=war_share(war),
            igo_shared=igo or 0.0,
            peace_years=latest["cow_peace_years"],
        )

    def kappa(self, pair: Pair, notes: dict[str, str]) -> float:
        if pair in self.votes.kappa:
            return self.votes.kappa[pair]
        guess = self.votes.imputed(pair)
        if guess is None:
            guess = self.by.kappa_centre
            text = f"unga: as the other dyads, but no votes and no ideal points: kappa_w {guess}"
        else:
            text = (
                f"unga, ideal_points: as the other dyads, but kappa_w {guess:.2f} is imputed "
                "from ideal-point distance (pair absent from the votes)"
            )
        notes["alignment"] = text
        notes["cooperation.diplomacy"] = "igo, unga: with the kappa_w of this alignment"
        return guess

    def sent(self, sender: str, target: str) -> float:
        # Who fights for a government does not sanction it: such measures hit its enemies.
        defends = (sender, target) in self.sides.supports
        return 0.0 if defends else self.sanctions.get((sender, target), 0.0)

    def proximity(self, pair: Pair, notes: dict[str, str]) -> float:
        static = self.static.get(pair, {})
        distance = self.latest["min_distance_km"].get(pair)
        if distance is None and not pd.isna(static.get("capital_distance_km")):
            distance = float(static["capital_distance_km"])
            notes["proximity"] = "boulding: distance of the capitals, none known between borders"
        border = static.get("contiguity_2016") == 1
        if distance is None and not border:
            notes["proximity"] = "boulding: no distance known, half strength assumed (judgement)"
            distance = self.by.strength_halves_km
        return proximity(border, distance or 0.0, self.by)

    def cooperation(
        self, a: str, b: str, seen: Evidence, notes: dict[str, str]
    ) -> dict[str, float]:
        values = {
            "trade": self.traded(a, b, notes),
            "arms": arms(self.arms.get(_pair(a, b), 0.0), self.by),
            "security": security(seen, self.by),
            "diplomacy": diplomacy(seen, self.by),
        }
        return {domain: round(value, 4) for domain, value in values.items()}

    def traded(self, a: str, b: str, notes: dict[str, str]) -> float:
        flows = [self.trade[way] for way in ((a, b), (b, a)) if way in self.trade]
        used = sorted({reference for _, reference in flows})
        if not flows or a not in self.gdp or b not in self.gdp:
            what = "no trade reported" if not flows else "no GDP known"
            notes["cooperation.trade"] = f"itpd, cow_trade, wdi: {what}, taken as none"
            return 0.0
        if used != ["itpd"]:
            notes["cooperation.trade"] = f"{', '.join(used)}, wdi: one way or both not in ITPD-E"
        elif len(flows) < 2:
            notes["cooperation.trade"] = "itpd, wdi: only one way is reported, the other as none"
        total = sum(flow for flow, _ in flows) * 1e6
        return trade(total, self.gdp[a], self.gdp[b], self.by)


def _both_ways(ways: tuple[str, str], values: Sequence[float]) -> float | dict[str, float]:
    """One number where both ways agree to four decimals, else one for each way."""
    there, back = (round(value, 4) for value in values)
    return there if there == back else {ways[0]: there, ways[1]: back}


def _sources(year: int, tables: Tables, votes: Votes, by: Mapping) -> dict[str, str]:
    """How each group of values was made, with the years in which each series ends."""
    ends = {
        column: _covered(tables[file], column, year, 1)[0]
        for file, columns in DATED.items()
        for column in columns
    }
    return {
        "actors.*.capability": f"nmc: CINC {ends['nmc_cinc']}, share of world capability",
        "dyads.*.proximity": "mindist, contiguity, peacesciencer, boulding: 1 across a land "
        f"border, else 1 / (1 + km between territories / {by.strength_halves_km:g}) (judgement)",
        "dyads.*.alignment": _alignment_source(year, ends, votes, by),
        "dyads.*.trust": f"mid, peacesciencer: {by.trust_of_strangers} + {by.trust_alignment} "
        f"alignment + {by.trust_commitment} commitment - {by.trust_dispute} exp(-years of peace "
        f"in {ends['cow_peace_years']} / {by.trust_memory:g}) (judgement)",
        "dyads.*.coercion": f"{_sanctions_source(year)}, mid, ucdp: {by.coercion_sanctions} "
        f"sanctions (in force at the end of {year}; those of the EU count for each member, those "
        "of the UN for none, those on a government that the sender's troops defend are left out) "
        f"+ {by.coercion_disputes} disputes + {by.coercion_war} interstate war (judgement)",
        "dyads.*.commitment": f"atop, igo: {by.commitment_treaty} treaty {ends['atop_defense']} + "
        f"{by.commitment_igo} joint memberships {ends['igo_shared']} / {by.igo_full:g} (judgement)",
        **_cooperation_sources(year, ends, by),
    }


def _sanctions_source(year: int) -> str:
    return f"{'eusanct' if year < GSDB_FROM else 'gsdb'}, eu_treaties"


def _alignment_source(year: int, ends: dict[str, int], votes: Votes, by: Mapping) -> str:
    mid = ends["cowmid_hostlev"]
    scale = "intensity / 36" if year < GSDB_FROM else "kinds of measure / 6"
    text = (
        f"unga, thompson, mid, atop, ucdp, {_sanctions_source(year)}, peacesciencer: "
        f"tanh({by.kappa_weight} (kappa_w of UN votes {votes.years[0]}-{votes.years[-1]} "
        f"- {by.kappa_centre}) - rivalry ({by.rivalry_base}, +{by.rivalry_kind} a kind, "
        f"+{by.rivalry_principal} if principal) - {by.dispute_weight} disputes "
        f"{mid - by.dispute_years + 1}-{mid} (1 - exp(-hostility), half-life "
        f"{by.dispute_half_life:g} years) + {by.treaty_weight} treaty {ends['atop_defense']} "
        f"(defence {by.treaty_defence:g}, neutrality {by.treaty_neutrality}, consultation "
        f"{by.treaty_consultation}, non-aggression {by.treaty_nonaggression}; "
        f"times {by.treaty_of_rivals} for rivals) + {by.same_side_weight} same side "
        f"- {by.opposite_side_weight} opposite sides of a conflict in the last {by.side_years} "
        f"years - {by.sanctions_sent} sanctions sent - {by.sanctions_received} received ({scale})"
        "); every coefficient is judgement"
    )
    if votes.line is None:
        return text
    slope, start = votes.line
    return (
        f"{text}; kappa_w of pairs without votes: {start:.3f} {slope:+.3f} * ideal-point distance "
        f"by least squares on {votes.observed} pair-years"
    )


def _cooperation_sources(year: int, ends: dict[str, int], by: Mapping) -> dict[str, str]:
    last = ends["tiv_delivered"]
    return {
        "dyads.*.cooperation.trade": "itpd, wdi: trade both ways / geometric mean of both GDPs, "
        f"latest to {year}, as log(1 + x / {by.trade_small:g}) scaled to 1 at {by.trade_full:g} "
        "(judgement)",
        "dyads.*.cooperation.arms": "sipri: million TIV delivered both ways "
        f"{last - by.arms_years + 1}-{last}, as log(1 + x / {by.arms_small_tiv:g}) scaled "
        f"to 1 at {by.arms_full_tiv:g} (judgement)",
        "dyads.*.cooperation.security": f"atop, ucdp: {by.security_treaty} defence pact + "
        f"{by.security_same_side} same side (judgement)",
        "dyads.*.cooperation.diplomacy": f"igo, unga: {by.diplomacy_igo} joint memberships / "
        f"{by.igo_full:g} + {by.diplomacy_kappa} kappa_w where positive (judgement)",
    }
