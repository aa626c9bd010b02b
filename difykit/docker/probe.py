"""Programs of difykit's own inside a container, or in a short-lived one beside it; they come by standard input."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from difykit.core import process
from difykit.docker import program
from difykit.docker.containers import remove_labelled

_PROBE = "io.difykit.probe"


def run_program(container: str, argv: Sequence[str], text: bytes, *, seconds: float) -> process.CompletedProgram:
    """Run a program in a container with `text` as its input; its exit code says how it ended.

    Raises TimedOut after so many seconds, CommandFailed when no engine answers.
    """
    return program.run(["exec", "--interactive", container, *argv], stdin=text, check=False, timeout=seconds)


def run_beside(
    owner: str, image: str, network: str, argv: Sequence[str], text: bytes, *, seconds: float
) -> process.CompletedProgram:
    """Run a program in a container of its own on `network` (`container:ID` for another's very own), then remove it.

    It can do nothing but use the network. Its end is awaited on every way out of here, ^C included; one that difykit
    left because it was killed goes with `forget_probes` of the same owner.
    Raises TimedOut after so many seconds, CommandFailed when the engine refuses.
    """
    name = f"difykit-probe-{uuid.uuid4().hex[:12]}"
    limits = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--memory", "256m"]
    limits += ["--pids-limit", "128", "--log-driver", "none", "--no-healthcheck"]
    options = ["--pull", "never", "--name", name, "--label", f"{_PROBE}={owner}", "--network", network]
    words = ["run", "--rm", "--interactive", *limits, *options, "--entrypoint", argv[0], image, *argv[1:]]
    try:
        return program.run(words, stdin=text, check=False, timeout=seconds)
    finally:
        program.run(["rm", "--force", "--volumes", name], check=False)


def forget_probes(owner: str) -> None:
    """Remove what a `run_beside` of this owner left when it was killed."""
    remove_labelled(f"{_PROBE}={owner}")
