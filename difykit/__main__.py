"""The program `difykit`: the same commands as `invoke`, without looking for a tasks.py."""

from __future__ import annotations

from invoke.program import Program

from difykit.commands import namespace
from difykit.console import version

program = Program(name="difykit", binary="difykit", namespace=namespace, version=version())


def main() -> None:
    """Run the command line."""
    program.run()


if __name__ == "__main__":
    main()
