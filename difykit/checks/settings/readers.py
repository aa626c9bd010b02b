"""Reach: settings that have no effect, since the containers do not get them, or get another file's value."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import USER, Look, Setting
from difykit.dify import default_secrets, services
from difykit.release import compose


def unreached(look: Look) -> Iterator[Finding]:
    """Keys that api reads and does not get, and keys that difykit keeps for itself.

    A key that Dify's Compose file names nowhere is handed to api by `render`, so it is none of them.
    """
    release = look.release
    upstream = {**release.compose, "services": dict(release.services)}
    filled = compose.overruled(upstream, look.environment.own_keys)
    for setting in look.effective.values():
        key = setting.key
        if key in look.environment.secrets:
            if setting.file != USER:
                yield setting.error("is a secret of an overlay, which only .env may hold", "move it into .env")
        elif key not in look.environment.own_keys:
            text = "difykit sets it itself, so this is left out"
            yield setting.warning(text, "take it out; the folder and the project are in difykit.yaml")
        elif key in filled:
            yield from _overruled(setting, filled[key], look)
        elif _passed_by(key, look):
            names = ", ".join(release.readers(key))
            text = f"api reads it but does not get it: Dify's Compose file of {release.name} gives it to {names} alone"
            yield setting.warning(text, "give it to api too, in an overlay's Compose file")


def _overruled(setting: Setting, by: str, look: Look) -> Iterator[Finding]:
    # What the release ships itself is no mistake of the user's; and a secret's other name gives it its value.
    if look.as_shipped(setting) or (
        default_secrets.is_default(setting.key) and look.environment.values.get(by) == setting.value
    ):
        return
    names = by if "'" not in by else f"the fixed value {by}"
    yield setting.warning(
        f"api does not get it: Dify's Compose file fills it there from {names}",
        f"set {by} instead" if "'" not in by else "take it out, or change it in an overlay's Compose file",
    )


def _passed_by(key: str, look: Look) -> bool:
    release = look.release
    return (
        key in release.fields
        and services.API in release.services
        and services.API not in release.open
        and any(key in names for names in release.puts_in.values())
        and key not in compose.environment(dict(release.services[services.API]))
        and key not in release.puts_in[services.API]
        and not look.as_shipped(look.effective[key])
    )


def duplicates(look: Look) -> Iterator[Finding]:
    """Keys that one file sets twice: only the last line counts."""
    for setting in look.settings:
        if setting.overruled.startswith(f"{setting.file}:"):
            text = f"is set again in {setting.overruled}, which counts; this line has no effect"
            yield setting.warning(text, "take one of the two out")
