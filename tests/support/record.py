"""What every verb says and writes for a workspace, in a form that is equal on every machine.

It is a record to compare a rebuilt house with: commit ids, release folders, image tags, outputs and exit codes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.cli import inv

Facts = dict[str, str]
"""A name of a fact, such as `release/compose.yaml` or `sync --check`, and its value."""

ENVIRONMENT = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "NO_COLOR": "1", "COLUMNS": "120", "CI": ""}
BEFORE_IMAGES = (
    *("sync --check", "sync", "sync", "sync --check --json", "overlay.list", "overlay.list --json", "overlay.check"),
    *("overlay.check --json", "overlay.diff", "patch.list", "patch.list --json", "patch.check", "patch.stats --json"),
    *(
        "finish --check",
        "finish --check --json",
        "build --check",
        "build --check --json",
        "publish --check --to x.test/y/",
    ),
    *("render", "deploy --check", "upgrade.status"),
)
WITH_IMAGES = (
    *("render --check", "render", "render --check --json", "env.check", "env.check --json", "env.list --json"),
    *("env.show LOG_LEVEL", "env.show NOPE", "topology", "topology --json", "deploy --check", "status", "logs", "down"),
    *("images.prune --check", "lock.refresh", "doctor --stack", "middleware.render", "postgres.promote"),
)
UPGRADE = ("forecast TO", "forecast TO --json", "start TO --check", "start TO", "status --json", "continue", "abort")
_KEY = 43
"""The length of 32 bytes in base64url, which the agent's key is."""
_SECRET = re.compile(r"^([A-Z0-9_]+)=(.+)$", re.MULTILINE)
_FETCH = re.compile(r"^ *(remote:|Receiving|Resolving|Unpacking objects|Checking connectivity|From ).*\n", re.MULTILINE)
_SLOW = re.compile(r"^  ok (.+): \d+ s\n", re.MULTILINE)
_TIME = re.compile(r"\b\d+(\.\d+)? (ms|s|seconds?|minutes?)\b")


@dataclass
class Record:
    """The facts of one workspace; `texts` has the outputs in full, to see what a difference is."""

    root: Path
    upstream: str
    """The address of Dify's repository."""
    facts: Facts = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def run(self, *lines: str) -> None:
        """Run verbs, each as its own process, and note what they said; the same line again gets a number."""
        for line in lines:
            done = inv(*line.split(), cwd=self.root)
            name = line
            while name in self.facts:
                name += " again"
            text = self._plain(f"{done.out}---\n{done.err}")
            self.texts[name] = text
            self.facts[name] = f"{done.code} {_digest(text.encode())}"

    def source(self, when: str = "") -> None:
        """Note the commits of the source."""
        path = self.root / ".difykit" / "source.json"
        source = json.loads(path.read_text()) if path.exists() else {}
        self.facts[f"{when}source"] = source.get("commit", "none")
        for layer in source.get("layers", ()):
            self.facts[f"{when}layer {layer['kind']} {layer['name']}"] = layer["commit"]

    def images(self) -> None:
        """Note the names of the images, and let the workspace have them, as if they had been built."""
        done = inv("build", "--check", "--json", cwd=self.root)
        if done.code:
            return
        plan = json.loads(done.out)
        images = []
        for image in plan["images"]:
            self.facts[f"image {image['name']}"] = f"{image['strategy']} {image['reference']}"
            identity = f"sha256:{hashlib.sha256(image['reference'].encode()).hexdigest()}"
            chosen = {key: image[key] for key in ("name", "replaces", "strategy", "reference")}
            images.append({**chosen, "image_id": identity})
        text = json.dumps({"source": plan["source"], "images": images})
        (self.root / ".difykit" / "images.json").write_text(text)

    def release(self) -> None:
        """Note the files of the release folder, with their permissions."""
        folder = self.root / ".difykit" / "release"
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                text = self._plain(path.read_bytes().decode("utf-8", "surrogateescape"))
                self.texts[f"release/{name}"] = text
                mode = f"{path.stat().st_mode & 0o777:o}"
                self.facts[f"release/{name}"] = f"{mode} {_digest(os.fsencode(text))}"

    def fixed_secrets(self) -> None:
        """Put values in `.env` that follow from their names in the place of the generated ones."""
        path = self.root / ".env"
        if path.exists():
            path.write_text(_SECRET.sub(lambda match: f"{match[1]}={_fixed(match[1], match[2])}", path.read_text()))

    def _plain(self, text: str) -> str:
        text = without_slow_steps(text).replace(self.upstream, "<upstream>").replace(str(self.root), "<root>")
        text = _FETCH.sub("", text.replace(str(self.root.parent), "<parent>"))
        return _TIME.sub("<time>", re.sub(r"(?<=/aside/)[^/\s]+", "<aside>", text))


def record(root: Path, upstream: str, ref: str, overlays: Sequence[str] = (), to: str = "") -> Record:
    """Take a new workspace through the verbs that need no engine, all where `to` names a release to go to."""
    root.mkdir(parents=True, exist_ok=True)
    names = ", ".join(overlays)
    (root / "difykit.yaml").write_text(
        f"version: 1\nupstream: {{url: '{upstream}', ref: '{ref}'}}\noverlays: [{names}]\n"
        "deploy: {target: compose, project: record, data: data}\n"
    )
    notes = Record(root, upstream)
    notes.run(*(BEFORE_IMAGES if to else ("sync", "overlay.check", "build --check")))
    notes.source()
    notes.images()
    inv("render", cwd=root)
    notes.fixed_secrets()
    notes.run(*(WITH_IMAGES if to else ("render", "env.check", "topology --json")))
    notes.release()
    if to:
        notes.run(f"env.diff --to {to}", *(f"upgrade.{line}".replace("TO", f"--to {to}") for line in UPGRADE), "sync")
        notes.source("after ")
    return notes


def without_slow_steps(text: str) -> str:
    """What a verb said without the lines that say how long a step took, which only a long one has."""
    return _SLOW.sub(lambda match: "" if f"step {match[1]}\n" in text[: match.start()] else match[0], text)


def differences(old: Facts, new: Facts) -> Iterator[str]:
    """A line for each fact that is not as it was."""
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"{name}: {old.get(name, 'was not there')} → {new.get(name, 'is gone')}"


def read(path: Path) -> dict[str, Any]:
    """The records of a file."""
    records: dict[str, Any] = json.loads(path.read_text())
    return records


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def _fixed(key: str, value: str) -> str:
    """A value for a secret that follows from its name, in the form of the generated one."""
    if len(value) == _KEY:
        return urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).decode().rstrip("=")
    return _digest(key.encode()) * 3
