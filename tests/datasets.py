"""Datasets that were not simulated: whoever looks at the picture knows what must be on it."""

import json

import numpy as np
import xarray as xr

import alliance_sim as al
from alliance_sim.analysis import comparison, summary, variance
from alliance_sim.results import Labels, OutcomeLabel, Record, dataset
from alliance_sim.rules.classes import CLASSES

RUNS, MONTHS = 60, 30
ACTORS = ("China", "France", "Iran", "Israel", "Russia", "Syria", "United Arab Emirates", "US")


def made(shift=0.0, actors=ACTORS, runs=RUNS, **attrs):
    """Random walks of two numbers and a class among some states."""
    rng = np.random.default_rng(5)
    ids = tuple(name.lower().replace(" ", "_") for name in actors)
    labels = Labels(
        actors=ids,
        actor_names=tuple(actors),
        outcomes=(
            OutcomeLabel("axis", "Strength of the axis", "index", "", (-1.0, 1.0), False),
            OutcomeLabel("arms", "Arms delivered", "million TIV", "", (0.0, 1e4), False),
            OutcomeLabel("kind", "Kind of tie", "class", "", (0.0, 5.0), True),
        ),
        dyads=("iran->russia", "russia->iran", "china-iran"),
        pairs=("iran-russia",),
        parameters=(),
        classes=CLASSES,
        start="2018-05",
        months=MONTHS,
    )
    record = Record.empty(labels, runs)
    walk = rng.normal(size=(MONTHS + 1, runs)).cumsum(axis=0)
    record.outcomes[0] = 0.02 * walk + shift
    record.outcomes[1] = 900 + 20 * walk + 100 * shift
    record.outcomes[2] = record.classes[0] = np.clip(np.round(3 + walk / 4 + shift), 0, 5)
    record.alignment[:] = np.tanh(rng.normal(size=(3, MONTHS + 1, runs)))
    at = rng.normal(size=(len(ids), 2))
    base = np.tanh(at @ at.T) * (1 - np.eye(len(ids)))
    record.first[:] = base[..., None]
    record.last[:] = np.clip(base[..., None] + shift, -1, 1)
    about = {
        "title": "The US leaves the nuclear deal",
        "scenario_hash": "0123456789abcdef",
        "seed": 0,
        "runs": runs,
        "interventions": json.dumps([{"id": "withdrawal", "month": "2018-08"}]),
    }
    return dataset(record, labels, about | attrs)


def judged(verdicts=("supported", "leaning", "no effect", "contradicted", "untestable")):
    """A report on claims as `alliance-sim claims --json` prints it, a claim for each verdict."""
    means = {"supported": 0.24, "leaning": 0.09, "no effect": 0.003, "contradicted": -0.13}
    claims = []
    for place, verdict in enumerate(verdicts):
        row = {
            "id": f"C{place + 1:02d}",
            "statement": f"What is said {'at some length ' * (place % 4)}comes about.",
            "expected": "rise",
            "verdict": verdict,
            "outcomes": [],
        }
        if verdict != "untestable":
            mean = means[verdict]
            effect = {"mean": mean, "q05": mean - 0.06, "q95": mean + 0.05, "error": 0.001}
            row["outcomes"] = [
                {
                    "outcome": "axis",
                    "name": "Strength of the axis",
                    "unit": "index",
                    "smallest_effect": 0.02,
                    "effect": effect,
                    "share": 0.95,
                    "verdict": verdict,
                }
            ]
        claims.append(row)
    return {"settings": {"seed": 0, "runs": 64}, "claims": claims}


def moved(shift):
    """Runs that a scenario moves by different amounts."""
    ds = made(shift=shift)
    spread = shift * np.linspace(-1.5, 1, ds.sizes["run"])[:, None]
    return ds.assign(axis=(ds["axis"] + spread).assign_attrs(ds["axis"].attrs))


def stacked(shifts, **labels):
    """Paired effects of several scenarios, theories or replicates."""
    found = [summary.paired(made(), moved(each)) for each in shifts]
    return comparison.stacked(found, labels)


def split(chance=0.1):
    """The variance of an effect, split; replicates differ by so much."""
    shifts = (0.2, 0.2 + chance, 0.4, 0.4 + chance)
    return variance.variance_split(stacked(shifts, theory=["all", "ties"], replicate=[0, 1]))


def explained(most=0.2):
    """What moved an alignment, as `explain` gives it: causes that grow and that shrink."""
    ds = made()
    months = np.arange(MONTHS + 1) / MONTHS
    causes = {
        "driver.exit": ("The US leaves the deal", most * months),
        "mechanism.dependence": ("dependence", 0.1 * months**2),
        "driver.rivalry": ("Rivalry in Central Asia", -0.05 * months),
        "chance": ("chance", 0.02 * np.sin(6 * months)),
    }
    parts = np.stack([values for _, values in causes.values()], -1)[None, :, None, :]
    sides = parts * np.array([0.7, 0.3])[None, None, :, None]
    both, whole = parts[:, :, 0], parts.sum((2, 3))
    variables = {"contribution": (("dyad", "month", "side", "cause"), sides)}
    variables["effect"] = (("dyad", "month"), whole)
    for name, value in (("error", 0.001), ("q05", -0.03), ("q95", 0.03)):
        move = 0.0 if name == "error" else 1.0
        for each, array in (("contribution", both), ("effect", whole)):
            dims = ("dyad", "month", "cause")[: array.ndim]
            variables[f"{each}_{name}"] = (dims, move * array + value)
    coordinates = {
        "dyad": ["iran-russia"],
        "month": ds["month"],
        "side": ["first", "second"],
        "cause": [*causes],
        "cause_name": ("cause", [name for name, _ in causes.values()]),
        "actor": ds["actor"],
        "actor_name": ds["actor_name"],
    }
    return xr.Dataset(variables, coordinates, {**ds.attrs, "against": "Baseline, May 2018"})


def shared(apart=0.5):
    """How often pairs share a bloc: two camps, with some that waver."""
    ds = made()
    side = np.array([1, 1, 1, 0, 1, 1, 0, 0.0])[: ds.sizes["actor"]]
    together = 1 - np.abs(side[:, None] - side[None, :]) * (1 - apart / 4)
    together = together - apart / 9 * np.abs(np.subtract.outer(np.arange(8), np.arange(8))) / 7
    np.fill_diagonal(together, 1)
    names = {"actor": ds["actor"], "other": ds["other"], "actor_name": ds["actor_name"]}
    best = {"across": (("partition", "actor"), 1 - side[None]), "best_share": ("partition", [0.4])}
    return xr.Dataset({"shared": (("actor", "other"), together), **best}, names, ds.attrs)


def system(quarrel=-2):
    """Two-bloc partitions of four actors with signed ties."""
    return al.blocs(
        {
            "actors": {
                "north": {"size": 4},
                "south": {"size": 3},
                "coast": {"size": 2},
                "isle": {},
            },
            "ties": {"north-south": quarrel, "north-coast": 1, "south-coast": -1, "isle-south": 1},
        }
    )


def swung(most=0.2):
    """A sensitivity analysis of two outcomes over three months: four numbers, the rest, chance."""
    first = np.array([most, 0.05, -0.03, 0.01, np.nan, np.nan])
    growing = np.array([0.4, 0.7, 1.0])[:, None]
    shares = np.array([1.5 * most, 0.2, 0.12, 0.02, 0.1, 0.08])
    tilted = np.stack([shares * tilt for tilt in (0.8, 1.0, 1.2)])
    every = {
        "S1": tilted,
        "ST": tilted + 0.05,
        "swing_low": 0.3 - growing * first,
        "swing_high": 0.3 + growing * first,
    }
    variables = {
        name: (("outcome", "month", "parameter"), np.stack([values, values / 2]))
        for name, values in every.items()
    }
    variables["mean"] = (("outcome", "month"), np.full((2, 3), 0.3))
    about = {
        "name": [
            "The US leaves the deal: weight",
            "dependence (mechanism): weight",
            "Rivalry in Central Asia: weight",
            "sanctions back: coercion level",
            "all others together",
            "chance",
        ],
        "basis": ["judgement", "data", "paper", "mixed", "several", "chance"],
        "source": ["a guess", "nmc", "sharma", "nmc; a guess", "", ""],
    }
    where = {name: ("parameter", values) for name, values in about.items()}
    where |= {
        "parameter": ["exit", "dependence", "rivalry", "sanctions", "all others", "chance"],
        "outcome": ["axis", "arms"],
        "outcome_name": ("outcome", ["Strength of the axis", "Arms delivered"]),
        "unit": ("outcome", ["index", "million TIV"]),
        "month": made(runs=2)["month"][::15],
    }
    known = made(runs=2).attrs | {"runs": 4096, "baseline": "Peace"}
    return xr.Dataset(variables, where, known)


def searched(edge=0.7):
    """Points at which something comes about where two numbers are large, and the box around it."""
    points = np.random.default_rng(3).random((400, 3))
    happens = (points[:, 0] > edge) & (points[:, 1] > 0.5)
    low, high = np.array([[edge, 0.5, 0.0]]), np.ones((1, 3))
    return xr.Dataset(
        {
            "probability": (("run", "parameter"), points),
            "happens": ("run", happens),
            "low": (("box", "parameter"), low),
            "high": (("box", "parameter"), high),
            "coverage": ("box", [1.0]),
            "density": ("box", [1.0]),
        },
        {
            "parameter": ["exit", "dependence", "rivalry"],
            "name": ("parameter", ["The US leaves: weight", "dependence: weight", "rivalry"]),
        },
        made(runs=2).attrs | {"runs": 400, "when": "kind=strategic_alliance"},
    )


def backtested(better=0.0):
    """A backtest of two models and three rivals, one to three years ahead."""
    rivals = ["persistence", "dyad mean", "AR(1)"]
    names = ["model, pure", "model, conditional", *rivals]
    horizons = ["1", "2", "3", "all"]
    against = np.array([0.2, 0.05, -0.02])
    ahead = np.array([1.0, 0.8, 0.5, 0.7])[:, None]
    own = np.array([0.0, 0.1, -0.3, -0.3, -0.3])[:, None, None]
    skill = (against * ahead + own + better)[None, None, ..., None]
    held = np.array([0.48, 0.55, 0.75, 0.6, 0.3])[None, None, None] + np.zeros((1, 1, 4, 5))
    means = ("origins", "fold", "horizon", "forecaster")
    dims = ("origins", "fold", "forecaster", "horizon", "against", "score")
    variables = {
        "skill": (dims, skill),
        "skill_low": (dims, skill - 0.06),
        "skill_high": (dims, skill + 0.08),
        "coverage_50": (means, held - better / 2),
        "coverage_90": (means, 0.6 + held / 2 - better / 2),
    }
    where = {"origins": ["rolling"], "fold": ["known"], "horizon": horizons, "forecaster": names}
    where |= {"against": rivals, "score": ["crps"]}
    known = {"title": "Backtest of kappa_w, 2012 to 2016", "seed": 0, "level": 0.9}
    return xr.Dataset(variables, where, known | {"rivals": json.dumps(rivals)})


def fitted(shift: float = 0.0) -> xr.Dataset:
    """What a calibration learned of four numbers, one of which can be negative."""
    paths = ["world.mechanisms.hedging.weight", "world.behaviour.alignment.reversion"]
    paths += ["observation.votes.slope", "observation.votes.level"]
    prior = np.array([[1.1, 2.5, 5.7], [0.03, 0.06, 0.1], [0.2, 0.4, 0.9], [-0.1, 0.1, 0.3]])
    rows = np.linspace(0.6, 1.4, 41)
    return xr.Dataset(
        {
            "prior": (("number", "quantile"), prior),
            "posterior": (("number", "row"), prior[:, 1:2] * (rows + shift)),
        },
        coords={"number": paths, "quantile": [0.05, 0.5, 0.95]},
        attrs={"title": "Calibration on votes, 1991 to 2016", "seed": 0},
    )
