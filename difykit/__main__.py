"""The program `difykit`: the same commands as `invoke`, without looking for a tasks.py."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from invoke.program import Program

from difykit.commands import namespace


def _version() -> str:
    try:
        return version("difykit")
    except PackageNotFoundError:
        return "0 (not installed)"


program = Program(name="difykit", binary="difykit", namespace=namespace, version=_version())


def main() -> None:
    """Run the command line."""
    program.run()


if __name__ == "__main__":
    main()
