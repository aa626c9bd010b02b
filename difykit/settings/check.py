"""`env.check`: everything that is wrong with the settings of a workspace, at once."""

from __future__ import annotations

from difykit import env
from difykit.git import Store
from difykit.settings import drivers, names, pairs, reach, secrets, values
from difykit.settings.finding import Finding
from difykit.settings.given import USER, Look, look
from difykit.workspace import Workspace

_RULES = (
    names.unknown,
    values.wrong_values,
    values.literal_variables,
    reach.unreached,
    reach.again,
    secrets.public_secrets,
    secrets.exposed,
    pairs.broken_pairs,
    pairs.sentinels,
    pairs.profiles,
    drivers.drivers,
    drivers.lacking,
)


def check(workspace: Workspace) -> tuple[Finding, ...]:
    """What is wrong with `.env`, with `env` in difykit.yaml and with overlays' `env`, for the pinned release.

    Raises whatever `look` raises. No value of `.env` is in a finding.
    """
    with Store(workspace.store) as store:
        return findings(look(workspace, store))


def findings(found: Look) -> tuple[Finding, ...]:
    """What is wrong, file by file, errors first in each line; pure but for reading code of the release's store."""
    faults = [
        Finding("error", "file", fault.file, fault.line, "", fault.text, "write KEY=value, or # before a comment")
        for fault in env.faults(USER, found.inputs.user_env)
    ]
    all_of_them = [*faults, *(each for rule in _RULES for each in rule(found))]
    return tuple(sorted(all_of_them, key=lambda one: (one.file == USER, one.file, one.line, one.level, one.rule)))
