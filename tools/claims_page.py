#!/usr/bin/env python3
"""Write docs/claims.md from what `alliance-sim claims --json` found.

    alliance-sim claims --json > claims.json
    tools/claims_page.py claims.json              # writes docs/claims.md
    tools/claims_page.py claims.json -o FILE
    tools/claims_page.py claims.json --again other.json    # compares verdicts with another run's

The same JSON gives the same page, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "claims.md"
WIDTH = 100
VERDICTS = ("supported", "leaning", "no effect", "contradicted", "untestable")
EXPECTED = {
    "rise": "a rise",
    "fall": "a fall",
    "no_rise": "no rise",
    "no_fall": "no fall",
    "no_change": "no change",
}
MOSTLY = 0.5
"""Share of an effect kept without the claim's drivers from which others carry most of it."""
SHAPES = {
    "ends": "is high at both ends and only there",
    "turn": "is lowest somewhere in between",
    "switch": "changes its class within a pair",
}


def page(found: Mapping[str, Any], again: Mapping[str, Any] | None = None) -> str:
    """The whole page."""
    rows = found["claims"]
    parts = [*_intro(found), *_counts(found["summary"], len(rows)), *_singled_out(rows)]
    if again is not None:
        parts.append(_again(rows, again))
    groups = (
        ("Claims of the conclusion", [row for row in rows if row["in_conclusion"]]),
        ("Claims of the body", [row for row in rows if not row["in_conclusion"]]),
    )
    for heading, group in groups:
        if group:
            parts += [f"## {heading}", _table(group)]
            parts += [block for row in group for block in _claim(row)]
    parts.append(f"<!-- scenarios: {fingerprint(row.get('scenario_hash', '') for row in rows)} -->")
    return "\n\n".join(parts) + "\n"


def fingerprint(hashes: Iterable[str]) -> str:
    """What tells whether scenarios, or their worlds, have changed since the page was made."""
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16]


# -- the top of the page -------------------------------------------------------------------


def _intro(found: Mapping[str, Any]) -> Iterator[str]:
    settings = found["settings"]
    made = ", ".join(f"{name} {each}" for name, each in sorted(settings["versions"].items()))
    yield "# The paper's claims, held against the model"
    yield _wrapped(
        "This page is made by `tools/claims_page.py` from the output of `alliance-sim claims "
        "--json`; nothing on it is written by hand. Each claim has what it says, the mechanism "
        "(through whose decisions it can come about in the model), the result, and the doubt that "
        "is left. The rules of the verdicts "
        "were fixed before any result: [verdicts.md](verdicts.md)."
    )
    yield _wrapped(
        "The model is built from the paper's own drivers. A supported claim therefore says that "
        "the paper is consistent under the stated weights and their widths, not that it is right. "
        "A contradicted claim says that the drivers taken together work against it. How much of a "
        "result rests on the claim's own drivers stands under *Doubt*, beside what rival theories "
        "say without any driver of the paper."
    )
    yield _wrapped(
        f"{settings['runs']:,} paired runs and as many draws of all uncertain numbers, "
        f"{settings['ablation_draws']:,} without a claim's drivers, {settings['theory_draws']:,} "
        f"for each theory; seed {settings['seed']}; {settings['scenarios_run']:,} "
        f"ensembles in all. Made with {made or 'nothing run'}."
    )


def _counts(summary: Mapping[str, Any], total: int) -> Iterator[str]:
    yield "## In short"
    kinds = (
        ("with chance, the verdict that counts", summary["verdicts"]),
        ("expected path, priors as they are", summary["as_it_is"]),
        ("expected path, priors twice as wide", summary["doubled"]),
    )
    lines = [f"| | {' | '.join(VERDICTS)} |", f"| --- |{' ---: |' * len(VERDICTS)}"]
    for name, counts in kinds:
        lines.append(f"| {name} | {' | '.join(str(counts[each]) for each in VERDICTS)} |")
    yield "\n".join(lines)
    moved = summary["moved_by_doubling"]
    listed = f": {', '.join(f'[{each}](#{each.lower()})' for each in moved)}" if moved else ""
    yield _wrapped(
        f"Doubling the width of the priors moves the verdict of {len(moved)} of {total} "
        f"claims{listed}."
    )


def _singled_out(rows: Sequence[Row]) -> Iterator[str]:
    """The claims that did not come out supported, by verdict."""
    lines = []
    for verdict in VERDICTS[1:]:
        found = [row for row in rows if row["verdict"] == verdict]
        listed = [f"[{row['id']}](#{row['id'].lower()}) {row['statement']}" for row in found]
        if found:
            lines += [f"**{verdict.capitalize()}**", "\n".join(f"- {each}" for each in listed)]
    yield from lines


def _again(rows: Sequence[Row], again: Mapping[str, Any]) -> str:
    """How many verdicts another run, under another seed, gives as well."""
    other = {row["id"]: row["verdict"] for row in again["claims"]}
    moved = [
        f"{row['id']} ({other[row['id']]})" for row in rows if other[row["id"]] != row["verdict"]
    ]
    named = f": all but {', '.join(moved)}" if moved else ""
    return _wrapped(
        f"Run again with seed {again['settings']['seed']}, {len(rows) - len(moved)} of {len(rows)} "
        f"claims get the same verdict{named}."
    )


def _table(rows: Sequence[Row]) -> str:
    lines = [
        "| claim | verdict | effect [90%] | draws as expected | without its drivers | theories |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        link = f"[{row['id']}](#{row['id'].lower()})"
        if row["untestable"]:
            lines.append(f"| {link} | untestable | | | | |")
            continue
        place = _deciding(row)
        each = row["outcomes"][place]
        left = row["without_its_drivers"]
        agree = [theory["agrees"] for theory in row["theories"].values()]
        cells = (
            link,
            row["verdict"],
            _effect(row, each),
            f"{each['share']:.0%}",
            _kept(left["outcomes"][place]["kept"]) if left["removed"] else "none cited",
            f"{sum(agree)} of {len(agree)}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _effect(row: Row, each: Row) -> str:
    name, mean = _cell(each["outcome"]), _mean(each["effect"]["mean"], row)
    return f"{name} {mean}" if row["expected"] == "class" else f"{name} {mean} {_interval(each)}"


def _deciding(row: Row) -> int:
    """The place of the outcome whose verdict is that of the claim."""
    found: list[str] = [each["verdict"] for each in row["outcomes"]]
    return found.index(row["verdict"])


# -- one claim -----------------------------------------------------------------------------


def _claim(row: Row) -> Iterator[str]:
    yield f"### {row['id']}"
    yield _wrapped(f"**Claim.** {row['statement']} *({row['strength']}; {row['source']})*")
    yield _wrapped(f"**Mechanism.** {row['mechanism']}")
    if row["untestable"]:
        yield _wrapped(f"**Result: untestable.** {row['untestable']}")
    else:
        yield _wrapped(f"**Result: {row['verdict']}.** {' '.join(_result(row))}")
    if doubts := list(_doubts(row)):
        items = "\n".join(
            textwrap.fill(
                " ".join(each.split()),
                WIDTH,
                initial_indent="- ",
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for each in doubts
        )
        yield f"**Doubt.**\n\n{items}"


def _result(row: Row) -> Iterator[str]:
    if row["expected"] == "class":
        yield f"In `{row['scenario']}` the tie is expected to be {_words(row['classes'])}."
    elif row["expected"] == "shape":
        yield f"Expected: the outcome {SHAPES[row['shape'][0]['kind']]}."
    else:
        against = f", against `{row['baseline']}`"
        compared = f" and compared with `{row['against']}`" if row["against"] else ""
        names = "; and in ".join(each["name"] for each in row["outcomes"])
        what = (
            f"Expected in `{row['scenario']}`{against}{compared}: {EXPECTED[row['expected']]} in "
        )
        yield f"{what}{names}{_when(row)}."
    for each in row["outcomes"]:
        yield _measured(each, row["expected"], len(row["outcomes"]) > 1)
    for shape in row["shape"]:
        points = "; ".join(
            f"`{point['scenario']}` {_class(point) or format(point['mean'], '.3f')}"
            for point in shape["points"]
        )
        yield f"Over the scenarios: {points}."
        if shape["kind"] != "switch":
            yield f"It is lowest in `{shape['lowest']}`."


def _class(point: Row) -> str:
    return str(point.get("usual_class", "")).replace("_", " ")


def _when(row: Row) -> str:
    return f" by {row['at']}" if row["at"] else ""


def _measured(each: Row, expected: str, several: bool) -> str:
    effect = each["effect"]
    unit = "" if each["unit"] == "index" else f" ({each['unit']})"
    limit = f"smallest effect of interest {each['smallest_effect']:g}"
    if each["margin"] is not None:
        limit = f"margin {each['margin']:g}"
    where = "over runs" if each["chance"] else "over parameter draws"
    if expected == "class":
        return (
            f"{effect['mean']:.0%} of the runs end there (Monte-Carlo error "
            f"{effect['error']:.1%}), and {each['share']:.0%} of the parameter draws on their "
            "expected path."
        )
    verdict = f", {each['verdict']}" if several else ""
    return (
        f"{each['name']}{unit}: {_number(effect['mean'])} {_interval(each)} {where}, Monte-Carlo "
        f"error {effect['error']:.4f}; up in {effect['share_up']:.0%}, down in "
        f"{effect['share_down']:.0%}; {limit}; as expected in {each['share']:.0%} of the "
        f"parameter draws{verdict}."
    )


def _doubts(row: Row) -> Iterator[str]:
    if row["note"]:
        yield row["note"]
    if row["untestable"]:
        return
    yield _ablation(row)
    yield _theories(row["theories"])
    for each in row["readings"]:
        default = " (the default)" if each["default"] else ""
        yield (
            f"Read as *{each['option'].replace('_', ' ')}*{default}, {_sentence(each['says'])} "
            f"Then: {_predicted(each, row)}."
        )
    if row["rival"]:
        expected = EXPECTED[row["rival"]["expected"]]
        if row["rival"]["expected"] == "no_change":
            yield f"Had it denied any movement at all: {row['rival']['verdict']}."
        else:
            yield f"A text beside it implies {expected}; under that: {row['rival']['verdict']}."
    wide, as_is = row["doubled"], row["as_it_is"]
    same = "the same" if wide["verdict"] == as_is["verdict"] else as_is["verdict"]
    yield (
        f"With priors twice as wide, on the expected path: {_predicted(wide, row)}; with priors "
        f"as they are: {same}."
    )


def _ablation(row: Row) -> str:
    left = row["without_its_drivers"]
    if not left["removed"]:
        return "No driver that can be switched off cites its passages."
    names = _words([f"`{each}`" for each in left["removed"]], "and")
    parts = [
        f"{_mean(each['mean'], row)} of {_mean(each['whole'], row)} is left ({_kept(each['kept'])})"
        for each in left["outcomes"]
    ]
    said = f"Without its drivers ({names}) {' and '.join(parts)}"
    shares = [each["kept"] for each in left["outcomes"]]
    if row["expected"] not in ("rise", "fall") or None in shares:
        return f"{said}."
    if all(share < MOSTLY for share in shares):
        return f"{said}: most of the effect rests on them."
    if all(share >= MOSTLY for share in shares):
        return f"{said}: most comes from the paper's other drivers and general mechanisms."
    return f"{said}."


def _theories(theories: Mapping[str, Row]) -> str:
    if not theories:
        return "The world has no rival theories."
    agree = [name.replace("_", " ") for name, each in theories.items() if each["agrees"]]
    others = [name.replace("_", " ") for name, each in theories.items() if not each["agrees"]]
    if not agree:
        return "No rival theory predicts it by its mechanisms alone."
    rest = f" (not under {_words(others, 'and')})" if others else ""
    return f"General mechanisms alone predict it under {_words(agree, 'and')}{rest}."


def _predicted(found: Row, row: Row) -> str:
    parts = [
        f"{_mean(each['mean'], row)}, as expected in {each['share']:.0%} of draws"
        for each in found["outcomes"]
    ]
    return f"{found['verdict']} ({'; '.join(parts)})"


def _mean(value: float, row: Row) -> str:
    """A mean effect, or for a class the share of draws that end in it."""
    return f"{value:.0%}" if row["expected"] == "class" else _number(value)


# -- words and numbers ---------------------------------------------------------------------


def _wrapped(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _words(items: Sequence[str], last: str = "or") -> str:
    shown = [each if each.startswith("`") else each.replace("_", " ") for each in items]
    return f" {last} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("_", " ")


def _number(value: float) -> str:
    if value == 0:
        return "0"
    shown = f"{value:+.3f}" if abs(value) >= 0.0005 else f"{value:+.0e}"
    return shown if any(digit in shown for digit in "123456789") else shown[1:]


def _interval(each: Row) -> str:
    return f"[{_number(each['effect']['q05'])}, {_number(each['effect']['q95'])}]"


def _kept(share: float | None) -> str:
    return "too small to tell" if share is None else f"{share:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found", type=Path, help="output of `alliance-sim claims --json`")
    parser.add_argument("-o", "--out", type=Path, default=PAGE, help="page to write")
    parser.add_argument("--again", type=Path, help="output of another run, under another seed")
    options = parser.parse_args()
    found = json.loads(options.found.read_text(encoding="utf-8"))
    again = json.loads(options.again.read_text(encoding="utf-8")) if options.again else None
    options.out.write_text(page(found, again), encoding="utf-8")
    print(f"Written: {options.out}")


if __name__ == "__main__":
    main()
