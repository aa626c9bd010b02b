"""What `env.check` says of a wrong value in each setting: `DIFYKIT_UPSTREAM=… python -m tests.bench.settings`.

Into every setting that a running service reads goes a dead host, a placeholder and a value of a wrong type, one at a
time; with EVERY=7 into every seventh. Each is an error, or its setting is counted as not judged; what is neither is
missed, and printed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from difykit.checks import Severity
from difykit.checks.settings import findings
from difykit.checks.settings.addresses import is_address
from difykit.checks.settings.configured import Look, look_at
from difykit.checks.settings.coverage import coverage
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.checks.settings.stack import read_stack
from difykit.git import Store
from tests.support.real_render import PLACE, make_inputs

RELEASES = ("1.8.1", "1.12.1", "1.15.0", "1.16.1")
KINDS = ("dead host", "placeholder", "wrong type")


def wrong(kind: str, key: str, shipped: str) -> str:
    """A wrong value in the form that the setting has."""
    if kind == "placeholder":
        return "your-value-here"
    if kind == "wrong type":
        return "not,of [any] type"
    if is_address(shipped) or key.endswith(("_URL", "_URI", "ENDPOINT")):
        return f"{shipped.partition('://')[0] if is_address(shipped) else 'http'}://no-such-host:1234"
    return "no-such-host:1234" if key.endswith(("SENTINELS", "CLUSTERS")) else "no-such-host"


def read_by_services(settings: Look) -> list[str]:
    """Every setting that a running service is given, by its environment or its part of the Compose file."""
    running = read_stack(settings).running
    names = {name for name in running for name in settings.release.puts_in.get(name, ())}
    names |= {key for service in running.values() for keys in service.sources.values() for key in keys}
    return sorted(names & settings.release.known)


def outcomes(release: ReleaseSettings, kind: str, data: Path) -> Iterator[tuple[str, str]]:
    """For each setting what becomes of a wrong value in it."""
    untouched = look_at(release, make_inputs(release.name, data))
    before = {str(finding) for finding in findings(untouched)}
    for key in read_by_services(untouched)[:: int(os.environ.get("EVERY", "1"))]:
        value = wrong(kind, key, untouched.environment.values.get(key) or release.default(key) or "")
        settings = look_at(release, make_inputs(release.name, data, user_env=f"{key}='{value}'\n"))
        errors = [
            finding
            for finding in findings(settings)
            if finding.severity is Severity.ERROR and str(finding) not in before
        ]
        if errors:
            yield key, "error"
        else:
            unjudged = coverage(settings, read_stack(settings), key).not_judged
            yield key, "not judged" if key in unjudged else "missed"


def main() -> None:
    """Print the three numbers, release by release."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(PLACE)) as store:
        for name in sys.argv[1:] or RELEASES:
            release = read_release(name, store.tree(name))
            for kind in KINDS:
                counts: dict[str, list[str]] = {"error": [], "not judged": [], "missed": []}
                for key, outcome in outcomes(release, kind, Path(folder)):
                    counts[outcome].append(key)
                numbers = ", ".join(f"{len(keys)} {outcome}" for outcome, keys in counts.items())
                sys.stdout.write(" ".join([f"{name}: {kind}: {numbers}", *counts["missed"]]) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    if not os.environ.get("DIFYKIT_UPSTREAM"):
        sys.exit("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    main()
