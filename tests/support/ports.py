"""A real fork of Dify carried to later releases: what git leaves, and what difykit's strategies make of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit.git import Store
from tests.support.tree_merges import MergeOutcome, three_way


@dataclass(frozen=True)
class Port:
    """The fork's tree, the upstream commit that it stands on, the release to go to, and what git alone leaves."""

    base: str
    fork: str
    to: str
    by_git: int


BASE_1_12_1, FORK_1_12_1 = "cd03e0a9ef7f2383853ace444e3aefe4fac05cde", "6c3a61d479d9d00a8c6af55df91a22b5102bf449"
BASE_1_8_1, FORK_1_8_1 = "c7700ac1762a4feccf60211d3dca3e39ec65a83c", "f814fb39f1f6049c74bfdf567b2641fea0f5bfa7"
PORTS = {
    "1.12.1 to 1.13.0": Port(BASE_1_12_1, FORK_1_12_1, "1.13.0", 20),
    "1.12.1 to 1.13.3": Port(BASE_1_12_1, FORK_1_12_1, "1.13.3", 61),
    "1.12.1 to 1.14.0": Port(BASE_1_12_1, FORK_1_12_1, "1.14.0", 86),
    "1.12.1 to 1.15.0": Port(BASE_1_12_1, FORK_1_12_1, "1.15.0", 125),
    "1.8.1 to 1.12.1": Port(BASE_1_8_1, FORK_1_8_1, "1.12.1", 93),
}


@dataclass(frozen=True)
class Ported:
    """A port that was made, with the ids that the store knows its sides by."""

    port: Port
    to: str
    outcome: MergeOutcome


def places() -> tuple[Path, Path]:
    """Where the releases and the fork are; skips the test where one of them is not named."""
    found = [os.environ.get(name, "").removeprefix("file://") for name in ("DIFYKIT_UPSTREAM", "DIFYKIT_FORK")]
    if not all(found):
        pytest.skip("DIFYKIT_UPSTREAM and DIFYKIT_FORK name no repositories of Dify's releases and of dify-plus")
    return Path(found[0]).resolve(), Path(found[1]).resolve()


@contextmanager
def both(folder: Path) -> Iterator[Store]:
    """A store that sees the objects of both, and writes its own."""
    with Store(folder / "ports.git") as store:
        store.ensure()
        lines = "".join(f"{place / 'objects'}\n" for place in places())
        (store.path / "objects/info/alternates").write_text(lines)
        yield store


def ported(store: Store, port: Port) -> Ported:
    """The fork's whole difference as one change, merged into the release."""
    argv = ["git", f"--git-dir={places()[0]}", "rev-parse", f"{port.to}^{{commit}}"]
    to = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    return Ported(port, to, three_way(store, port.base, to, port.fork))
