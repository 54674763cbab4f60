"""Processes that read hostile files and results, watched from inside and from outside.

Started as a program, this reads many of them in one process whose every act is looked at:
    python tests/watched.py files SEED COUNT FOLDER     # or stores
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hostile

import alliance_sim as al

SECONDS, MEGABYTES = 5, 500
"""What reading a file may take."""
HERE = Path(__file__).parent

# -- from inside -------------------------------------------------------------------------------

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"),
    *("os.chown", "os.truncate", "os.utime", "os.setxattr", "shutil.", "tempfile."),
)
_STARTING = (
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.", "pty."),
    *("socket.", "webbrowser.", "urllib.", "ftplib.", "smtplib."),
)


class Watch:
    """Keeps what the process does that nobody who reads a file may do."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.on = False
        sys.addaudithook(self._hook)  # for good: a hook cannot be taken away

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and self._is_wrong(event, arguments):
            self.seen.append(f"{event} {repr(arguments)[:300]}")

    @staticmethod
    def _is_wrong(event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            path, mode, flags = (*arguments, None, None)[:3]
            writes = isinstance(flags, int) and flags & _WRITING
            return bool(writes or set(mode or "") & set("wax+")) and path != os.devnull
        if event in ("import", "compile", "exec"):
            return hostile.CANARY in repr(arguments)
        if event == "pickle.find_class":  # scenarios go to other processes, and to none
            return str(arguments[0]).partition(".")[0] not in ("alliance_sim", "numpy")
        return event.startswith(_CHANGING + _STARTING)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Nothing of the kind may happen in here."""
        self.on = True
        try:
            yield
        finally:
            self.on = False
        assert not self.seen, self.seen[:3]


Draw = Callable[[random.Random], tuple[str, Callable[[], bool]]]
"""Puts something hostile in place; what it is, and how it is read."""


def files(folder: Path) -> Draw:
    """Scenarios, worlds, systems, claims and settings."""
    hostile.make_hostile_folder(folder)
    os.chdir(folder)
    documents = hostile.small_shipped()
    hostile.put(folder / "self.yaml", hostile.written(documents[0]))
    hostile.read_yaml(folder / "self.yaml")  # imports what is imported late
    al.blocs(hostile.SYSTEM).as_json()

    def draw(chance: random.Random) -> tuple[str, Callable[[], bool]]:
        text, read = hostile.draw(chance.choice(hostile.KINDS), chance, folder, documents)
        hostile.lay(folder, text)
        return text, read

    return draw


def stores(folder: Path) -> Draw:
    """Results in one file of which something else stands."""
    sound = hostile.make_store(folder / "some.zarr")
    for changed in sound:  # imports what is imported late
        assert hostile.read_store(changed)

    def draw(chance: random.Random) -> tuple[str, Callable[[], bool]]:
        nonlocal changed
        changed.write_bytes(sound[changed])
        changed = chance.choice([*sound])
        data = hostile.damaged(chance, changed, sound[changed])
        changed.write_bytes(data)
        return f"{changed.relative_to(folder)}: {data!r}", lambda: hostile.read_store(changed)

    return draw


def main(kind: str, seed: int, count: int, folder: Path) -> None:
    """Read hostile things under watch; print how many were right, and the longest time."""
    draw = {"files": files, "stores": stores}[kind](folder)
    watch = Watch()
    right, longest = 0, 0.0
    for number in range(count):
        what, read = draw(random.Random(f"{seed} {number}"))
        begun = time.perf_counter()
        try:
            with watch.watching():
                right += read()
        except BaseException:
            print(f"seed {seed}, number {number}: {what[:2000]!r}", file=sys.stderr)
            raise
        longest = max(longest, time.perf_counter() - begun)
    print(json.dumps({"right": right, "longest": longest}))


# -- from outside ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """What a process left."""

    code: int
    out: str
    err: str
    seconds: float
    """Of the processor; a process that waits is killed after a minute."""
    megabytes: float


def ended(home: Path, *command: str) -> Ended:
    """A process whose home, working and temporary folders are its own; killed if it is slow."""
    for each in ("home", "temporary"):
        (home / each).mkdir(exist_ok=True)
    environment = os.environ | {
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "temporary"),
        "PYTHONPATH": os.pathsep.join(map(str, [Path(al.__file__).parents[1], HERE])),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        killer = threading.Timer(60, process.kill)
        killer.start()
        peak = 0.0
        while not (ending := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak_memory(process.pid))
            time.sleep(0.01)
        killer.cancel()
        process.returncode, usage = os.waitstatus_to_exitcode(ending[1]), ending[2]
        out.seek(0)
        err.seek(0)
        took = usage.ru_utime + usage.ru_stime  # whatever else the machine does
        return Ended(process.returncode, out.read(), err.read(), took, peak)


def _peak_memory(pid: int) -> float:
    """Megabytes that a process ever held; zero where that cannot be known.

    What the system reports at the end counts the memory of the process that started it, too.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return float(found[0]) / 1024 if found else 0.0


def everything(place: Path) -> dict[str, tuple[int, int]]:
    """What stands in a folder: its size and when it was changed."""
    return {
        str(each.relative_to(place)): (each.lstat().st_size, each.lstat().st_mtime_ns)
        for each in sorted(place.rglob("*"))
    }


def how_many(count: int) -> tuple[int, int]:
    """Seed and number of the hostile things to read: the same each time, others if asked for."""
    asked = os.environ.get("ALLIANCE_SIM_HOSTILE")
    return (random.SystemRandom().randrange(10**9), int(asked)) if asked else (1, count)


def watched(kind: str, home: Path, seed: int, count: int) -> int:
    """How many of many hostile things were right, read by a process that did nothing else."""
    for each in ("home", "temporary", "watched"):
        (home / each).mkdir(exist_ok=True)
    before = everything(home)
    options = [kind, str(seed), str(count), str(home / "watched")]
    found = ended(home, str(HERE / "watched.py"), *options)
    assert found.code == 0, found.err[-3000:]
    assert found.megabytes < MEGABYTES
    after = everything(home)
    assert not [name for name in after if hostile.CANARY in name]
    written = {name for name, about in after.items() if before.get(name) != about}
    assert all(name.startswith("watched") for name in written)
    assert after.keys() >= before.keys()
    told = json.loads(found.out)
    assert told["longest"] < SECONDS
    return int(told["right"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
