"""Numbers that may be uncertain: a plain number or a distribution in the same place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from alliance_sim.spec.base import ActorDirectedDyad, Frozen, Id, keyed_union, problem_error

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LARGEST = 1e6
"""Largest number a scenario may hold: far above any sensible one, far below any overflow."""
Real = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
"""A finite number; text and true/false are not numbers."""


class Distribution(Frozen):
    """An uncertain number; each kind is written as a mapping with one key, its name."""

    kind: ClassVar[str]

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value it can take."""
        raise NotImplementedError

    def ppf(self, u: Floats, /) -> Floats:
        """Values at the probabilities ``u`` in (0, 1); same shape as ``u``."""
        raise NotImplementedError

    def quantiles(self, probabilities: Sequence[float]) -> Floats:
        """Values below which the number lies with these probabilities."""
        import numpy as np

        return self.ppf(np.array(probabilities))

    @property
    def median(self) -> float:
        """The value at probability one half."""
        return float(self.quantiles([0.5])[0])


def _ppf(family: str, u: Floats, *shape: float, **place: float) -> Floats:
    """Values of one of SciPy's families at the probabilities ``u``.

    NumPy and SciPy are imported where numbers are drawn: checking a file needs neither of them.
    """
    import numpy as np
    from scipy import stats

    return np.asarray(getattr(stats, family).ppf(u, *shape, **place))


def _increasing(kind: str, *values: float) -> None:
    """Refuse parameters that do not rise; the last must be above the first."""
    if any(a > b for a, b in pairwise(values)) or values[0] == values[-1]:
        shown = ", ".join(f"{value:g}" for value in values)
        raise problem_error(
            f"impossible {kind} distribution [{shown}]", "give the numbers from low to high"
        )


def _positive(kind: str, name: str, value: float) -> None:
    if value <= 0:
        raise problem_error(
            f"impossible {kind} distribution: {name} is {value:g}", f"make {name} above 0"
        )


class Uniform(Distribution):
    """Every value between two bounds equally likely."""

    kind: ClassVar[str] = "uniform"
    uniform: tuple[Real, Real]
    """Lowest and highest value."""

    @model_validator(mode="after")
    def _check(self) -> Uniform:
        _increasing(self.kind, *self.uniform)
        return self

    @property
    def support(self) -> tuple[float, float]:
        return self.uniform

    def ppf(self, u: Floats, /) -> Floats:
        low, high = self.uniform
        return low + (high - low) * u


class Triangular(Distribution):
    """Rising to a most likely value and falling from it."""

    kind: ClassVar[str] = "triangular"
    triangular: tuple[Real, Real, Real]
    """Lowest, most likely and highest value."""

    @model_validator(mode="after")
    def _check(self) -> Triangular:
        _increasing(self.kind, *self.triangular)
        return self

    @property
    def support(self) -> tuple[float, float]:
        return self.triangular[0], self.triangular[2]

    def ppf(self, u: Floats, /) -> Floats:
        low, mode, high = self.triangular
        width = high - low
        return _ppf("triang", u, (mode - low) / width, loc=low, scale=width)


class Normal(Distribution):
    """The normal distribution; unbounded, so only for numbers without limits."""

    kind: ClassVar[str] = "normal"
    normal: tuple[Real, Real]
    """Mean and standard deviation."""

    @model_validator(mode="after")
    def _check(self) -> Normal:
        _positive(self.kind, "the standard deviation", self.normal[1])
        return self

    @property
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def ppf(self, u: Floats, /) -> Floats:
        return _ppf("norm", u, loc=self.normal[0], scale=self.normal[1])


class TruncatedNormal(Distribution):
    """A normal distribution kept between two bounds."""

    kind: ClassVar[str] = "truncated_normal"
    truncated_normal: tuple[Real, Real, Real, Real]
    """Mean and standard deviation before truncation, lowest and highest value."""

    @model_validator(mode="after")
    def _check(self) -> TruncatedNormal:
        mean, sd, low, high = self.truncated_normal
        _positive(self.kind, "the standard deviation", sd)
        _increasing(self.kind, low, high)
        if not low - 8 * sd <= mean <= high + 8 * sd:
            raise problem_error(
                f"impossible truncated_normal distribution: mean {mean:g} is more than eight "
                f"standard deviations outside [{low:g}, {high:g}]",
                "move the mean towards the bounds",
            )
        return self

    @property
    def support(self) -> tuple[float, float]:
        return self.truncated_normal[2], self.truncated_normal[3]

    def ppf(self, u: Floats, /) -> Floats:
        mean, sd, low, high = self.truncated_normal
        values = _ppf("truncnorm", u, (low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)
        return values.clip(low, high)


_WIDEST_LOG = 3.0  # three standard deviations are then a factor of 8,000 either way


class Lognormal(Distribution):
    """Positive, with a normal logarithm."""

    kind: ClassVar[str] = "lognormal"
    lognormal: tuple[Real, Real]
    """Median, and standard deviation of the logarithm."""

    @model_validator(mode="after")
    def _check(self) -> Lognormal:
        _positive(self.kind, "the median", self.lognormal[0])
        _positive(self.kind, "the standard deviation of the logarithm", self.lognormal[1])
        if self.lognormal[1] > _WIDEST_LOG:
            raise problem_error(
                f"impossible lognormal distribution: a standard deviation of the logarithm of "
                f"{self.lognormal[1]:g} spans more than any quantity",
                f"make it at most {_WIDEST_LOG:g}",
            )
        return self

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    def ppf(self, u: Floats, /) -> Floats:
        return _ppf("lognorm", u, self.lognormal[1], scale=self.lognormal[0])


class Beta(Distribution):
    """The beta distribution on [0, 1]."""

    kind: ClassVar[str] = "beta"
    beta: tuple[Real, Real]
    """The two shape parameters; the mean is a / (a + b)."""

    @model_validator(mode="after")
    def _check(self) -> Beta:
        for name, value in zip(("the first shape", "the second shape"), self.beta, strict=True):
            _positive(self.kind, name, value)
        return self

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    def ppf(self, u: Floats, /) -> Floats:
        return _ppf("beta", u, *self.beta)


class Options(Frozen):
    """The values of a categorical distribution and how likely each is."""

    values: Annotated[tuple[Real, ...], Field(min_length=1)]
    """What it can be."""
    probabilities: Annotated[tuple[Real, ...], Field(min_length=1)]
    """How likely each value is, in the same order; they sum to 1."""


class Categorical(Distribution):
    """One of a few values."""

    kind: ClassVar[str] = "categorical"
    categorical: Options
    """The values and their probabilities."""

    @model_validator(mode="after")
    def _check(self) -> Categorical:
        values, chances = self.categorical.values, self.categorical.probabilities
        if len(values) != len(chances):
            raise problem_error(
                f"impossible categorical distribution: {len(values)} values but "
                f"{len(chances)} probabilities",
                "give one probability for each value",
            )
        if any(chance < 0 for chance in chances) or abs(sum(chances) - 1) > 1e-9:
            raise problem_error(
                f"impossible categorical distribution: probabilities sum to {sum(chances):g}",
                "make them not negative and sum to 1",
            )
        return self

    @property
    def support(self) -> tuple[float, float]:
        return min(self.categorical.values), max(self.categorical.values)

    def ppf(self, u: Floats, /) -> Floats:
        import numpy as np

        edges = np.cumsum(self.categorical.probabilities)[:-1]
        return np.asarray(self.categorical.values)[np.searchsorted(edges, u, side="right")]


class JointDraws(Frozen):
    """One column of a table of joint draws."""

    of: Id
    """Name of the table. Numbers of one table are drawn together, a row for each run."""
    values: Annotated[tuple[Real, ...], Field(min_length=1)]
    """The column; as long as every other of its table. All rows are equally likely."""


class Joint(Distribution):
    """Draws that belong together with those of other numbers: a posterior after calibration."""

    kind: ClassVar[str] = "joint"
    joint: JointDraws
    """The table and the column."""

    @property
    def support(self) -> tuple[float, float]:
        return min(self.joint.values), max(self.joint.values)

    def quantiles(self, probabilities: Sequence[float]) -> Floats:
        """Those of the values in their own order, not in that of the rows."""
        import numpy as np

        return np.quantile(self.joint.values, probabilities)

    def ppf(self, u: Floats, /) -> Floats:
        """Values in the rows at the probabilities ``u``; same shape as ``u``.

        Rows are counted from the first, unsorted: one row is read in every column of the table.
        """
        import numpy as np

        rows = (np.asarray(u) * len(self.joint.values)).astype(np.intp)
        return np.asarray(self.joint.values)[np.minimum(rows, len(self.joint.values) - 1)]


DISTRIBUTION_KINDS: dict[str, type[Distribution]] = {
    kind.kind: kind
    for kind in (Uniform, Triangular, Normal, TruncatedNormal, Lognormal, Beta, Categorical, Joint)
}
AnyDistribution = (
    Uniform | Triangular | Normal | TruncatedNormal | Lognormal | Beta | Categorical | Joint
)


def _within(low: float, high: float) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, Distribution):
            a, b = value.support
            if a < low or b > high:
                mend = (
                    "use truncated_normal or triangular inside the range"
                    if math.isinf(a) or math.isinf(b)
                    else "keep it inside the range"
                )
                raise problem_error(
                    f"impossible distribution here: {value.kind} can reach "
                    f"[{a:g}, {b:g}] but the value must lie in [{low:g}, {high:g}]",
                    mend,
                )
        return value

    return check


def _between(low: float, high: float) -> Callable[[float], float]:
    if math.isinf(low) or math.isinf(high):
        mend = f"give {low:g} or more" if math.isinf(high) else f"give {high:g} or less"
    else:
        mend = f"give a number from {low:g} to {high:g}"

    def check(value: float) -> float:
        if not low <= value <= high:
            side, bound = ("below", low) if value < low else ("above", high)
            raise problem_error(f"{value:.12g} is {side} {bound:g}", mend)
        return value

    return check


def _bounds_schema(low: float, high: float) -> WithJsonSchema:
    bounds = {"minimum": low, "maximum": high}
    finite = {key: bound for key, bound in bounds.items() if math.isfinite(bound)}
    return WithJsonSchema({"type": "number", **finite})


def number(low: float = -math.inf, high: float = math.inf) -> Any:
    """The type of a number, certain or uncertain, that lies in [low, high]."""
    plain = Annotated[Real, AfterValidator(_between(low, high)), _bounds_schema(low, high)]
    return Annotated[
        keyed_union("distribution", DISTRIBUTION_KINDS, plain), AfterValidator(_within(low, high))
    ]


def by_direction(value: Any) -> Any:
    """The type of a value for a dyad: one for both sides, or one for each direction."""

    def tag(given: Any) -> str:
        each = isinstance(given, dict) and any("->" in str(key) for key in given)
        return "<each>" if each else "<both>"

    return Annotated[
        Annotated[value, Tag("<both>")] | Annotated[dict[ActorDirectedDyad, value], Tag("<each>")],
        Discriminator(tag),
    ]


AnyNumber = float | AnyDistribution
Sampling = Literal["monte_carlo", "latin_hypercube", "sobol"]
"""How uncertain numbers are drawn across runs."""

if TYPE_CHECKING:  # a type checker sees the plain union; pydantic also sees the bounds
    Number = AnyNumber
    Unit = AnyNumber
    Signed = AnyNumber
    NonNegative = AnyNumber
    UnitByDirection = AnyNumber | dict[str, AnyNumber]
    SignedByDirection = AnyNumber | dict[str, AnyNumber]
else:
    Number = number()
    Unit = number(0, 1)
    Signed = number(-1, 1)
    NonNegative = number(0)
    UnitByDirection = by_direction(Unit)
    SignedByDirection = by_direction(Signed)
