"""Lists: values that take the place of a whole list of Dify's own and lack what this release has in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.consistency import running
from difykit.dify import keys, layout, lists, services
from difykit.dify.lists import items
from difykit.release import compose
from difykit.release.render import adds, list_defaults

_CONSUMED = re.compile(r"(?:^|\s)-Q\s*[\"']?([^\s\"']+)")
_OFF = {"0", "false", "no", "off"}


def replaced_lists(look: Look) -> Iterator[Finding]:
    """Queues that no worker consumes, and profiles of Dify's own that are not started."""
    tree = look.release.tree
    defaults = list_defaults(tree)
    queues = lists.worker_queues(tree.text(layout.ENTRYPOINT) if tree.exists(layout.ENTRYPOINT) else "")
    deciding = next((key for key in reversed(tuple(queues)) if look.environment.values.get(key)), "")
    if deciding and (setting := look.effective.get(deciding)):
        yield from _unconsumed(setting, items(queues[deciding]), look)
    if (setting := look.effective.get(lists.PROFILES)) and lists.PROFILES in defaults:
        yield from _not_started(setting, items(defaults[lists.PROFILES]), look)


def _unconsumed(setting: Setting, own: tuple[str, ...], look: Look) -> Iterator[Finding]:
    value = items(look.environment.values.get(setting.key, ""))
    consumed = {*value, *_elsewhere(look)}
    missing = [queue for queue in own if queue not in consumed]
    if not missing or not _has_worker(look):
        return
    extra = ",".join(queue for queue in value if queue not in own)
    text = f"takes the place of Dify's own list, and {len(missing)} of its {len(own)} queues have no worker then:"
    hint = (
        f"write {setting.key}=+{extra}, which adds to Dify's list" if extra else "take it out: Dify has a list itself"
    )
    yield setting.error(f"{text} {', '.join(missing)}", hint)


def _has_worker(look: Look) -> bool:
    """Whether a worker of Dify's own runs; where overlays have one instead, theirs is asked."""
    names = running(look)
    return any(
        compose.environment(dict(look.release.services[name])).get(keys.MODE) == services.WORKER
        for name in names
        if name in look.release.services
    )


def _elsewhere(look: Look) -> set[str]:
    """The queues that services of overlays consume."""
    queues: set[str] = set()
    values = look.environment.values
    for part in look.inputs.overlays:
        for file in part.compose_files:
            for body in file.services.values():
                environment = compose.environment(dict(body))
                for key, value in environment.items():
                    if key.endswith("QUEUES") and value:
                        queues |= set(items(compose.interpolate(str(value), values)))
                command = body.get("command") or ""
                words = " ".join(map(str, command)) if isinstance(command, list) else str(command)
                for match in _CONSUMED.findall(compose.interpolate(words, values)):
                    queues |= set(items(match))
    return queues


def _not_started(setting: Setting, own: tuple[str, ...], look: Look) -> Iterator[Finding]:
    """Profiles that Dify names itself; what a database or a vector store is chosen by is the drivers' business."""
    if adds(setting.raw):
        return
    on = compose.profiles(look.environment.values)
    removed = {name for part in look.inputs.overlays for name in part.removed}
    for profile in own:
        names = [
            name
            for name, body in look.release.services.items()
            if profile in (body.get("profiles") or ()) and name not in removed
        ]
        if "$" in profile or profile in on or not names or _switched_off(profile, look):
            continue
        if profile in look.release.stores:
            continue
        text = f"takes the place of Dify's own list, which has {profile} too: {', '.join(names)} will not run"
        yield setting.warning(text, f"add {profile} to it, or write {setting.key}=+yours, which adds to Dify's list")


def _switched_off(profile: str, look: Look) -> bool:
    words = [key for key in look.release.known if key.startswith("ENABLE_") and profile.upper() in key]
    return any((look.environment.values.get(key) or look.release.default(key) or "").lower() in _OFF for key in words)
