"""What stands for syft: it remembers how it was called, and prints what it is told to."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = """\
#!/usr/bin/env python3
import json, os, sys
with open(os.path.join(r"{folder}", "calls"), "a") as calls:
    calls.write(json.dumps([sys.argv[1:], os.environ.get("SYFT_REGISTRY_INSECURE_USE_HTTP", "")]) + "\\n")
said = json.load(open(os.path.join(r"{folder}", "says")))
sys.stderr.write(said["errors"])
sys.stdout.write(said["prints"].replace("DIGEST", sys.argv[2].rpartition("@")[2]))
sys.exit(said["code"])
"""
DOCUMENT = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "DIGEST",
    "packages": [{"name": "busybox", "SPDXID": "SPDXRef-Package-busybox"}],
}


@dataclass(frozen=True)
class Scanner:
    """The program, first on PATH."""

    folder: Path

    def says(self, prints: str = json.dumps(DOCUMENT), *, errors: str = "", code: int = 0) -> None:
        (self.folder / "says").write_text(json.dumps({"prints": prints, "errors": errors, "code": code}))

    @property
    def calls(self) -> list[tuple[list[str], str]]:
        """Its arguments each time, and whether it was told to speak plain HTTP."""
        place = self.folder / "calls"
        rows: list[Any] = [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
        return [(argv, plain) for argv, plain in rows]


def scanner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    """One that prints an SPDX document."""
    made = Scanner(folder)
    folder.mkdir()
    made.says()
    (folder / "syft").write_text(_PROGRAM.format(folder=folder))
    (folder / "syft").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return made
