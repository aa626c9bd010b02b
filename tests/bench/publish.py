"""P6 of the budgets, bytes that go into a registry: `python -m tests.bench.publish`.

They are counted by a door before the registry of this machine, questions and all. The official image is a stand-in of
a few files on busybox; what is sent after a change does not depend on its size, since its layers are there already.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import uuid
from pathlib import Path

from difykit import docker
from difykit.images.publish import publish
from tests.support.builds import Bench, Told
from tests.support.fault_registry import REGISTRY, registry_answers
from tests.support.tcp_proxy import tap

LEAST = 64 * 1024


def main() -> int:
    if reason := docker.available() or ("" if registry_answers() else f"there is no registry at {REGISTRY}"):
        sys.stderr.write(f"{reason}\n")
        return 2
    name = f"difykit-bench-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="difykit-bench-") as folder, tap(REGISTRY) as door:
        bench = Bench(Path(folder), name)
        made: set[str] = set()

        def sent(text: str) -> int:
            """The bytes that a publish sends after one file of api was given this content."""
            bench.sync(mine={"api/app.py": text})
            made.update(each.reference for each in bench.build()[0].values())
            before = door.sent
            publish(bench.workspace, f"{door.host}/{name}/", [], Told())
            return door.sent - before

        try:
            first = sent("one\n")
            again = sent("one\n")
            changed = secrets.token_urlsafe(12_000)  # which packs badly
            second = sent(changed)
        finally:
            for reference in (*made, f"{name}/dify-api:1.0.0", f"{name}/dify-web:1.0.0"):
                docker.untag(reference)
    more = second - len(changed)
    sys.stdout.write(
        f"the first time            {first:>12,} bytes\n"
        f"nothing changed           {again:>12,} bytes\n"
        f"P6 one file of {len(changed):,}    {second:>12,} bytes: {more:+,} beside its own,"
        f" <= {LEAST:,} {'holds' if more <= LEAST else 'MISSED'}\n"
    )
    return 0 if more <= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
