"""`env.check`, `env.list`, `env.show`, `env.diff`, `env.set` and `env.rotate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.findings import print_report
from difykit.cli.screen import Screen, document, result, table
from difykit.cli.task import command, find_workspace
from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.checks.settings import Differences, Look, ShownSetting

_NOBODY = "none by Dify's own Compose file; one that is set, difykit hands to api"
_HERE = "print it as one line of JSON"


@command(json="print the findings as one line of JSON")
def check(_: Context, json: bool = False) -> None:
    """Say what is wrong with the settings of this release."""
    from difykit.checks import SETTINGS
    from difykit.checks.settings import judge

    judgement = judge(find_workspace())
    print_report(judgement.findings, SETTINGS, json=json, coverage=judgement.coverage)


@contextmanager
def _looking() -> Iterator[Look]:
    from difykit.checks.settings import look
    from difykit.git import Store

    workspace = find_workspace()
    with Store(workspace.store) as store:
        yield look(workspace, store)


@command(all="all that the release knows, not only what the workspace sets", json="print them as one line of JSON")
def listing(_: Context, all: bool = False, json: bool = False) -> None:  # noqa: A002 - the flag's name
    """List the settings of the workspace; secrets as ***."""
    from difykit.checks.settings import listed

    with _looking() as settings:
        rows = listed(settings, every=all)
    if json:
        document({"settings": [row.describe() for row in rows]})
    elif rows:
        result(table(("KEY", "VALUE", "FROM"), [(row.key, _value(row), row.origin) for row in rows]))
    else:
        result("the workspace sets nothing; all that the release knows: difykit env.list --all")


def _value(shown: ShownSetting) -> str:
    return "(api decides)" if shown.value is None else shown.value.replace("\n", "\\n")


@command(positional=("key",), key="the setting's name", json=_HERE)
def show(_: Context, key: str, json: bool = False) -> None:
    """Say a setting's value, its origin and its readers."""
    from difykit.checks.settings import show as verb

    with _looking() as all_of_it:
        setting = verb(all_of_it, key)
    if json:
        document(setting.describe())
        return
    lines = [
        f"{setting.key}={_value(setting)}",
        f"  from: {setting.origin}",
        f"  services: {', '.join(setting.services) or (_NOBODY if not setting.built else 'none that runs')}",
    ]
    lines += ["  web reads it while it is built: after a change, invoke build"] if setting.built else []
    lines += [f"  api reads it in: {setting.field}, and takes {setting.takes}"] if setting.field else []
    lines += [f"  named in: {setting.code}"] if setting.code else []
    lines += [f"  set without effect in: {', '.join(setting.shadowed)}"] if setting.shadowed else []
    result(Lines(lines))


@command(positional=("release",), release="the release to compare the pin with", json=_HERE)
def diff(_: Context, release: str, json: bool = False) -> None:
    """Say what another release changes in the settings."""
    from difykit.checks.settings import diff as verb

    differences = verb(find_workspace(), release, Screen())
    if json:
        document(differences.describe())
    else:
        result(Lines(_words(differences)))


def _words(differences: Differences) -> Iterator[str]:
    changes, own_keys = differences.changes, differences.yours
    yield (
        f"Dify {differences.pin} → {differences.to}: {len(changes.added)} settings added,"
        f" {len(changes.removed)} removed, {len(changes.renamed)} renamed, {len(changes.defaults)} with another default"
    )

    def mark(key: str) -> str:
        also = f"; without effect: {', '.join(differences.shadowed[key])}" if key in differences.shadowed else ""
        return f"  (you set it: {own_keys[key]}{also})" if key in own_keys else ""

    yield from (f"  + {key}={value}{mark(key)}" for key, value in differences.new.items())
    yield from (f"  - {key}{mark(key)}" for key in changes.removed)
    yield from (f"  > {old} looks renamed to {new}{mark(old)}" for old, new in changes.renamed.items())
    for key, (old, new) in changes.defaults.items():
        yield f"  ~ {key}: {old or '(empty)'} → {new or '(empty)'}{mark(key)}"
    yield from (f"  ! {key}: api takes {new}, before {old}{mark(key)}" for key, (old, new) in differences.types.items())
    for key, words in differences.lists.items():
        yield f"  ! {key}: Dify's own list has {', '.join(words)}, which yours lacks (KEY=+own adds to it)"
    yield f"you set {len(own_keys)} of these" if own_keys else "you set none of these"


@command(
    positional=("assignment",),
    assignment="KEY=VALUE; KEY=- or KEY alone takes the value from standard input, for secrets",
    json="print the outcome as one line of JSON, without the value",
)
def set_(_: Context, assignment: str, json: bool = False) -> None:
    """Set a value in .env, in its line."""
    from difykit.checks.settings import set_value

    key, equals, value = assignment.partition("=")
    piped = not equals or value == "-"
    workspace = find_workspace()
    edited = set_value(workspace, key, _piped(key) if piped else value)
    screen = Screen()
    if json:
        document(edited.describe())
    (screen.skip if edited.state == "same" else screen.ok)(f".env: {key} {_STATES[edited.state]}")
    for finding in edited.findings:
        screen.warn(str(finding))
        screen.hint(finding.hint)
    if not edited.checked:
        screen.warn(f"it was not checked: {edited.unchecked or 'there is no source yet (invoke sync)'}")
    if edited.secret and not piped:
        screen.warn(f"a secret in a command stays in the shell's history; next time: difykit env.set {key}=- < FILE")
    if edited.stored:
        screen.warn(f"the data was begun with the old {key}: what stores it keeps it, until you change it there too")
    if edited.state != "same":
        screen.hint("it takes effect with: invoke render deploy")


@command(
    positional=("key",),
    key="the secret's name",
    yes="do it; without this it only says what that means",
    json="print the outcome as one line of JSON, without the value",
)
def rotate(_: Context, key: str, yes: bool = False, json: bool = False) -> None:
    """Put a new secret in the place of one."""
    from difykit.checks.settings import check_rotation
    from difykit.checks.settings import rotate as verb

    workspace, screen = find_workspace(), Screen()
    rotation = verb(workspace, key, screen) if yes else check_rotation(workspace, key)
    if json:
        document({"done": yes, **rotation.describe()})
        return
    if yes:
        screen.hint("services have it with: invoke deploy")
        return
    lines = [f"{rotation.key}: a new one, never shown"]
    lines += [f"  the same for: {', '.join(rotation.also)}"] if rotation.also else []
    lines += [f"  read by: {', '.join(rotation.readers)}"] if rotation.readers else []
    lines += [f"  stored in: {rotation.stored}, which is told first"] if rotation.stored else []
    lines += [f"  {cost}" for cost in rotation.costs]
    result(Lines(lines))
    screen.hint(f"nothing was changed; do it with: difykit env.rotate {rotation.key} --yes")


_STATES = {"added": "is set, in a new line", "changed": "is changed", "same": "has this value already"}


def _piped(key: str) -> str:
    """The value from standard input, without the line end that `echo` puts behind it."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8") if hasattr(sys.stdin, "buffer") else sys.stdin.read()
    except UnicodeDecodeError as error:
        raise DifyKitError(f"the value for {key} is not UTF-8 text", hint="give it as UTF-8 text") from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise DifyKitError(
            f"no value for {key} came in on standard input", hint=f"difykit env.set {key}=VALUE, or {key}= for none"
        )
    return text


collection = Collection("env")
for _name, _task in (
    *(("check", check), ("list", listing), ("show", show), ("diff", diff)),
    *(("set", set_), ("rotate", rotate)),
):
    collection.add_task(_task, name=_name)
