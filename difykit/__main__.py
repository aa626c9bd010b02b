"""The program `difykit`: the same commands as `invoke`, without looking for a tasks.py."""

from __future__ import annotations

from difykit.cli import DifyKitProgram, InvokeSettings, namespace, version

program = DifyKitProgram(
    name="difykit", binary="difykit", namespace=namespace, version=version(), config_class=InvokeSettings
)


def main() -> None:
    """Run the command line."""
    program.run()


if __name__ == "__main__":
    main()
