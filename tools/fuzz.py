#!/usr/bin/env python3
"""Look for files that break what reads them, led by the code that they reach (Atheris, libFuzzer).

    pip install -c constraints.txt -e '.[test,fuzz]'    # on Linux
    tools/fuzz.py yaml                    # scenarios and worlds, for a minute
    tools/fuzz.py --seconds 600 all       # yaml, store and blocs, one after another
    tools/fuzz.py yaml --again FILE       # what was found, once more

Nothing may end in a traceback, take over 5 seconds or 500 MB, write anywhere, start a process or
run what stands in a file; what can be read also has to run (tests/hostile.py, tests/watched.py).
Seeds are the shipped scenarios and examples. A file that breaks something is kept, and its place
told.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST = {"yaml": 60_000, "store": 4_000, "blocs": 8_000}
"""Bytes of an input; larger ones are for tests/test_hostile_files.py."""

Read = Callable[[], object]
Prepare = Callable[[bytes], Read]
"""Puts an input where it belongs, and says how it is read."""


def main() -> int:
    """Fuzz one kind of file after another; the exit code is 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=[*LONGEST, "all"])
    parser.add_argument("--seconds", type=int, default=60, help="time for each kind")
    parser.add_argument("--folder", type=Path, help="for inputs; left out, one of its own")
    parser.add_argument("--again", type=Path, metavar="FILE", help="read this input alone")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.gettempdir()) / "alliance-sim-fuzz"
    if asked.here:
        return fuzz(asked.kind, folder.resolve(), asked.seconds, asked.again)
    kinds = [*LONGEST] if asked.kind == "all" else [asked.kind]
    codes = {kind: started(kind, folder, asked) for kind in kinds}
    for kind, code in codes.items():
        kept = folder.resolve() / kind / "found"
        print(f"{kind}: " + ("nothing found" if not code else f"look into {kept}"))
    return int(any(codes.values()))


def started(kind: str, folder: Path, asked: argparse.Namespace) -> int:
    """Fuzz in a process of its own, which libFuzzer ends."""
    command = [sys.executable, __file__, kind, "--here", f"--seconds={asked.seconds}"]
    command += [f"--folder={folder}", *([f"--again={asked.again}"] if asked.again else [])]
    return subprocess.run(command, check=False).returncode


def fuzz(kind: str, folder: Path, seconds: int, again: Path | None) -> int:
    """Hand inputs to what reads them, until time is over or something breaks."""
    import atheris

    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
    place = folder / kind
    work, seeds, found = (place / each for each in ("work", "seeds", "found"))
    for each in (work, seeds, found):
        each.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(
        include=["alliance_sim", *(["zarr"] if kind == "store" else [])]
    ):
        import hostile
        from watched import MEGABYTES, SECONDS, Watch

        prepare = {"yaml": of_yaml, "store": of_store, "blocs": of_blocs}[kind](work, seeds)
    hostile.put(place / "words", words(hostile.TOKENS + hostile.CODE))
    hostile.make_hostile_folder(work)
    watch = Watch()

    def test_one_input(data: bytes) -> None:
        read = prepare(data)
        try:
            with watch.watching():
                read()
        except BaseException:
            kept = written(found / f"broken-{hashlib.sha256(data).hexdigest()[:16]}", data)
            print(f"broken by {kept}", file=sys.stderr)
            raise

    options = [f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={found}/"]
    options += [f"-max_len={LONGEST[kind]}", f"-max_total_time={seconds}", "-print_final_stats=1"]
    options += [f"-dict={place / 'words'}", "-verbosity=1", "-reload=0"]
    inputs = [str(again)] if again else [str(seeds)]
    with contextlib.chdir(work):
        atheris.Setup([sys.argv[0], *options, *inputs], test_one_input)
        atheris.Fuzz()
    return 0


def words(tokens: list[str]) -> str:
    """A dictionary of libFuzzer."""
    known = [each.encode(errors="surrogatepass") for each in tokens if each]
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in known)


def of_yaml(work: Path, seeds: Path) -> Prepare:
    """Scenarios and worlds."""
    import hostile

    from alliance_sim.library import shipped_scenarios

    small = hostile.written(hostile.small_scenario())
    for place in (work, seeds):
        hostile.put(place / "small.yaml", small)
    for each in [*shipped_scenarios().values(), *(ROOT / "examples").glob("*.yaml")]:
        # On top of the small world: reading a shipped one takes most of a second.
        text = re.sub(r"^extends: \w+$", "extends: small.yaml", each.read_text("utf-8"), flags=re.M)
        hostile.put(seeds / each.name, text)
    hostile.read_yaml(work / "small.yaml")
    file = work / "self.yaml"

    def prepare(data: bytes) -> Read:
        return partial(hostile.read_yaml, written(file, data))

    return prepare


def of_blocs(work: Path, seeds: Path) -> Prepare:
    """Systems of actors: the first byte says whether as YAML or as a table."""
    import hostile

    texts = [b"y" + hostile.written(hostile.SYSTEM).encode()]
    texts += [b"y" + each.read_bytes() for each in (ROOT / "examples").glob("great*.yaml")]
    texts += [b"c" + each.read_bytes() for each in (ROOT / "examples").glob("*.csv")]
    texts += [b"c,a,b\na,1,2\nb,2,0\n", b"cactor,position,salience\na,1,1\nb,2,0\n"]
    for place, text in enumerate(texts):
        (seeds / f"{place}").write_bytes(text)
    hostile.read_system(written(work / "self.yaml", texts[0][1:]))

    def prepare(data: bytes) -> Read:
        ending = "yaml" if data[:1] == b"y" else "csv"
        return partial(hostile.read_system, written(work / f"self.{ending}", data[1:]))

    return prepare


def of_store(work: Path, seeds: Path) -> Prepare:
    """Results: the first byte chooses a file, the second what happens to it, two the place."""
    import hostile

    sound = work / "some.zarr"
    shutil.rmtree(sound, ignore_errors=True)
    kept = hostile.make_store(sound)
    files = [*kept]
    for place, data in enumerate(kept.values()):
        (seeds / f"{place}").write_bytes(bytes([place, 0, 0, 0]) + data[: LONGEST["store"] - 4])
    for file in files:
        hostile.read_store(file)
    changed = [files[0]]

    def prepare(data: bytes) -> Read:
        for each in (changed[0], sound / "zarr.json"):  # which has the seal
            written(each, kept[each])
        number, change, high, low = (*data[:4], 0, 0, 0, 0)[:4]
        file, rest = files[number % len(files)], data[4:]
        whole = kept[file]
        at = (256 * high + low) % (len(whole) + 1)
        new = [rest, whole[:at] + rest + whole[at + len(rest) :], whole[:at], whole[:at] + rest]
        changed[0] = written(file, new[change % len(new)])
        if change % 8 >= 4 and file.suffix != ".nc":
            hostile.seal(sound)
        return partial(hostile.read_store, file)

    return prepare


def written(file: Path, data: bytes) -> Path:
    """Put what is to be read into a file."""
    file.write_bytes(data)
    return file


if __name__ == "__main__":
    sys.exit(main())
