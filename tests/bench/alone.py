"""Which tests do not stand alone: `python -m tests.bench.alone FILE…` runs each in a process of its own, and backwards.

A test of a table is run once, with all of its rows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
NOTHING_RAN = 5


def tests(places: Sequence[str]) -> list[str]:
    """The tests of these files, each once."""
    argv = [*PYTEST, "--collect-only", *places]
    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return list(dict.fromkeys(line.partition("[")[0] for line in shown.splitlines() if "::" in line))


def failures(runs: Sequence[Sequence[str]]) -> Iterator[str]:
    """What fails, with its last lines."""
    for names in runs:
        done = subprocess.run([*PYTEST, *names], check=False, capture_output=True, text=True)
        if done.returncode not in {0, NOTHING_RAN}:
            yield f"{' '.join(names)}\n{done.stdout[-2000:]}"


def main(places: Sequence[str]) -> int:
    """Print what fails alone, and what fails when the order is the other way round; 1 where anything does."""
    names = tests(places)
    code = 0
    for text in failures([*([name] for name in names), names[::-1]]):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
