"""Settings that stand in two files: which of the two counts, told at both."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import USER, Look


def shadowed(look: Look) -> Iterator[Finding]:
    """Values that another file sets again; two overlays that say the same are none."""
    for setting in look.settings:
        winner = look.effective.get(setting.key)
        if winner is None or not setting.overruled or setting.file == winner.file:
            continue
        same = setting.value is not None and setting.value == winner.value
        if same and USER not in {setting.file, winner.file}:
            continue
        if same:
            text = f"is set with the same value in {winner.where}, which counts: a change here has no effect"
        else:
            text = f"has no effect: {winner.where} sets it too, and that counts"
        meant = "" if USER in {setting.file, winner.file} else "if it is not meant, "
        yield setting.warning(text, f"{meant}take one of the two out: {setting.where} or {winner.where}")


def others(key: str, look: Look) -> tuple[str, ...]:
    """Where else a setting stands, without effect, as file:line; never a value."""
    return tuple(setting.where for setting in look.settings if setting.key == key and setting.overruled)
