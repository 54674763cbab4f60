"""The machine's C compiler, and what it can do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig

FLAGS = ("-ffast-math", "-fno-math-errno", "-std=gnu11", "-fPIC")
LINKING = ("-shared",)
"""Flags of the linker; with -ffast-math among them, loading the kernel would take subnormal numbers
from the whole process."""
TUNING = (
    ("-march=native", "-mprefer-vector-width=512"),
    ("-march=native",),
    ("-mcpu=native",),
    (),
)
"""Flags for the machine at hand; the first that its compiler knows are taken."""


class NoCompilerError(RuntimeError):
    """There is no C compiler that can build the kernel."""


def compiler() -> str:
    """The machine's C compiler."""
    configured = str(sysconfig.get_config_var("CC") or "").split()
    for name in (*configured[:1], "gcc", "cc", "clang"):
        found = shutil.which(name)
        if found:
            return found
    raise NoCompilerError("no C compiler was found (looked for gcc, cc and clang)")


def widest(tuning: tuple[str, ...]) -> int:
    """Runs that a vector of the machine at hand holds."""
    words = [compiler(), *tuning, "-dM", "-E", "-x", "c", "-"]
    known = subprocess.run(words, input="", capture_output=True, text=True, check=False).stdout
    return 16 if "__AVX512F__" in known else 8 if "__AVX__" in known else 4


def compile_c(words: list[str]) -> None:
    """Run the compiler."""
    done = subprocess.run([compiler(), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCompilerError(f"{compiler()} does not build it: {done.stderr.strip()[-2000:]}")


def tuning_flags() -> tuple[str, ...]:
    """The first flags for the machine at hand that its compiler knows."""
    for tuning in TUNING:
        try:
            compile_c([*tuning, "-E", "-x", "c", os.devnull, "-o", os.devnull])
        except NoCompilerError:
            continue
        return tuning
    raise NoCompilerError(f"{compiler()} compiles nothing")
