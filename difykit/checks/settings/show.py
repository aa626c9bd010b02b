"""`env.list` and `env.show`: a setting's value, where that comes from, and who reads it. Secrets are ***."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from difykit.checks.settings.configured import Look
from difykit.checks.settings.names import nearest
from difykit.checks.settings.release import ReleaseSettings
from difykit.checks.settings.secrets import is_secret
from difykit.checks.settings.shadows import others
from difykit.checks.settings.values import kind_of
from difykit.core import redact
from difykit.core.errors import DifyKitError
from difykit.dify import layout, web_settings
from difykit.dify.web_settings import PUBLIC
from difykit.git import text_of
from difykit.release import compose
from difykit.release.compose import API

HIDDEN = redact.HIDDEN
# Shorter ones stand in too many other values by chance.
_LONG = 6


@dataclass(frozen=True)
class ShownSetting:
    """One setting, fit to be shown."""

    key: str
    value: str | None
    """None where api's own class computes it; *** for a secret that is not empty."""
    origin: str
    """The file and line that set it, or where the release does."""
    yours: bool
    services: tuple[str, ...]
    field: str
    """The class that reads it, with its file and line."""
    takes: str
    code: str = ""
    """A file beside the config classes that names it."""
    shadowed: tuple[str, ...] = ()
    """Where else it is set, without effect."""
    built: bool = False
    """Whether web reads it while it is built."""

    def describe(self) -> dict[str, object]:
        """The setting as `--json` prints it."""
        values = asdict(self)
        if not self.shadowed:
            del values["shadowed"]
        return values


def listed(look: Look, *, every: bool) -> tuple[ShownSetting, ...]:
    """The settings of the workspace by name; with `every`, all that the release knows too."""
    keys = set(look.effective) | (set(look.release.known) if every else set())
    secrets = _secret_values(look)
    return tuple(_shown(key, look, secrets) for key in sorted(keys))


def show(look: Look, key: str) -> ShownSetting:
    """One setting. Raises DifyKitError for a key that nobody sets and the release does not read."""
    code = "" if key in look.release.fields else look.release.in_code([key]).get(key, "")
    if key not in look.effective and key not in look.release.known and key not in look.environment.secrets and not code:
        near = nearest(key, look.release)
        raise DifyKitError(
            f"Dify {look.release.name} does not know {key}, and nothing sets it",
            hint=f"difykit env.show {near}" if near else "difykit env.list --all",
        )
    return replace(_shown(key, look, _secret_values(look), code), built=_is_built(key, look))


def _is_built(key: str, look: Look) -> bool:
    tree = look.release.tree

    def text(path: str) -> str:
        return text_of(tree.read(path))

    if not key.startswith(PUBLIC):
        return key in web_settings.of_config(text)
    paths = [path for path in tree.under(layout.WEB) if web_settings.is_code(path)]
    tree.prefetch(paths)
    return key in web_settings.read_web((key,), text, paths).built


def _shown(key: str, look: Look, secrets: list[str], code: str = "") -> ShownSetting:
    release, field = look.release, look.release.fields.get(key)
    value = _value(key, look)
    setting = look.effective.get(key)
    # A name that nobody knows tells nothing of what it holds: REDIS_PASWORD.
    odd = setting is not None and setting.private and key not in release.known
    if value and (odd or is_secret(key, release, declared=key in look.environment.secrets)):
        value = HIDDEN
    elif value:
        value = hidden(value, secrets)
    return ShownSetting(
        key=key,
        value=value,
        origin=_origin(key, look),
        yours=key in look.effective and not _kept(key, look),
        services=_services(key, look),
        field=f"{field.owner} {field.where}".strip() if field else "",
        takes=kind.says() if (kind := kind_of(key, look)) else "",
        code=code,
        shadowed=others(key, look),
    )


def hidden(value: str, secrets: list[str]) -> str:
    """A value without the passwords and the secrets that stand in it."""
    for secret in secrets:
        value = value.replace(secret, HIDDEN)
    return redact.text(value)


def _secret_values(look: Look) -> list[str]:
    """The values that no other value may show, the longest first."""
    declared = look.environment.secrets
    texts = {look.environment.values.get(key, "") for key in look.effective if is_secret(key, look.release)}
    texts |= {setting.value or "" for key, setting in look.effective.items() if key in declared}
    return sorted((value for value in texts if len(value) >= _LONG), key=len, reverse=True)


def _value(key: str, look: Look) -> str | None:
    if key in look.environment.secrets:
        return look.effective[key].value or "" if key in look.effective else ""
    if key in look.environment.generate and key not in look.effective:
        return ""
    value = look.environment.values.get(key)
    return value if value is not None else look.release.default(key)


def _origin(key: str, look: Look) -> str:
    if key in look.effective:
        return "difykit sets it itself" if _kept(key, look) else look.effective[key].where
    if key in look.environment.generate:
        return "the next render makes it"
    if key in look.taken:
        return "the live release; the next render takes it from there"
    if look.environment.origins.get(key) == "generated":
        return "follows the secret that it holds"
    return _in_release(key, look.release)


def _in_release(key: str, release: ReleaseSettings) -> str:
    if key in release.shipped:
        origin = f"{release.shipped[key].path}:{release.shipped[key].line}"
    elif key in release.compose_defaults:
        origin = layout.COMPOSE_FILE
    else:
        origin = release.fields[key].where if key in release.fields else ""
    return f"Dify {release.name}, {origin}" if origin else "nothing sets it"


def _kept(key: str, look: Look) -> bool:
    """Whether difykit sets it itself, whatever stands elsewhere."""
    return key not in look.environment.own_keys and key not in look.environment.secrets


def _services(key: str, look: Look) -> tuple[str, ...]:
    """The services that get it: by Dify's Compose file, by an overlay's secret, or handed on by `render`."""
    if key in look.environment.secrets:
        return tuple(sorted(look.environment.secrets[key].services))
    readers = look.release.readers(key)
    known = look.inputs.readers.get(key, frozenset()) if key in look.environment.own_keys else frozenset[str]()
    if known:
        foreign = key.startswith(PUBLIC)
        return tuple(
            name
            for name in look.release.services
            if name in known or (name in readers and not (foreign and _closed(name, look)))
        )
    if readers or key not in look.environment.own_keys or any(key in names for names in look.release.puts_in.values()):
        return readers
    if key.startswith(PUBLIC):  # no other program than web reads these
        return ()
    bodies = look.release.services.items()
    return tuple(
        name
        for name, body in bodies
        if compose.repository(str(body.get("image", ""))) == API and compose.environment(dict(body)).get(key) is None
    )


def _closed(name: str, look: Look) -> bool:
    """Whether a service gets those settings alone that are listed for it."""
    return name not in look.release.open
