"""What is to be said of each secret that a release ships: which protect something here, and which nobody uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from difykit.dify import default_secrets
from difykit.release.secrets.files import ReleaseFiles
from difykit.release.secrets.readers import Readers
from difykit.release.secrets.shipped import ShippedSecret, shipped_secrets


class Verdict(StrEnum):
    """What a shipped secret is for this Dify."""

    HANDLED = "handled"
    """Somebody chose another one, difykit makes one, or it follows one."""
    FIXED = "fixed"
    """Its service is named with why nothing changes it."""
    OUTSIDE = "outside"
    """It opens a server outside of this stack, which has its own."""
    UNHEARD = "unheard"
    """It is in use, and difykit does not know what another one must look like."""
    PLACEHOLDER = "placeholder"
    """It is used, and says of itself that it is none."""
    IDLE = "idle"
    """Nothing that runs uses it."""


@dataclass(frozen=True)
class SecretUse:
    """A shipped secret, what it is here, and the running services that use it."""

    secret: ShippedSecret
    verdict: Verdict
    services: tuple[str, ...] = ()
    driver: str = ""
    """For an idle one: the choice that would use it."""
    twins: tuple[str, ...] = ()
    """For an unheard one: others in use with the same value, which may be the other side of it."""

    @property
    def words(self) -> str:
        """What is to be said of it, behind its key."""
        reader = ", ".join(self.services)
        if self.verdict is Verdict.OUTSIDE:
            return f"is what Dify ships for everyone, and opens a server outside of this stack for {reader}"
        if self.secret.service:
            return f"is a secret by its name, and stands in Dify's Compose file as everyone knows it, for {reader}"
        return (
            f"is a secret by its name, and {reader} {'has' if len(self.services) == 1 else 'have'} the value that Dify"
            " ships for everyone; difykit does not know what form another one must have"
        )

    @property
    def hint(self) -> str:
        """How another one comes in its place."""
        key = self.secret.key
        if self.secret.service:
            return f"Give {self.secret.service} another {key} in an overlay's Compose file, or keep its ports closed"
        if self.verdict is Verdict.OUTSIDE:
            return f"Set what that server has: difykit env.set {key}=- < FILE"
        made = f"Dify says how one is made: {self.secret.recipe}; then" if self.secret.recipe else "Set one of your own"
        alike = f", and the same for {', '.join(self.twins)}, which Dify ships alike" if self.twins else ""
        return f"{made}: difykit env.set {key}=- < FILE{alike}"


def judge(
    files: ReleaseFiles, running: Collection[str], values: Mapping[str, str], handled: Collection[str]
) -> tuple[SecretUse, ...]:
    """Each secret that the release ships; `handled` are the keys that somebody sets, that are made, or that follow."""
    judgement = _Judgement(Readers(files), frozenset(running), values, frozenset(handled))
    uses = tuple(map(judgement.use, shipped_secrets(files)))
    unheard = [use.secret for use in uses if use.verdict is Verdict.UNHEARD]

    def with_twins(use: SecretUse) -> SecretUse:
        alike = (other.key for other in unheard if other.value == use.secret.value and other.key != use.secret.key)
        return replace(use, twins=tuple(dict.fromkeys(alike)))

    return tuple(with_twins(use) if use.verdict is Verdict.UNHEARD else use for use in uses)


@dataclass(frozen=True)
class _Judgement:
    readers: Readers
    running: frozenset[str]
    values: Mapping[str, str]
    handled: frozenset[str]

    def use(self, secret: ShippedSecret) -> SecretUse:
        if secret.service:
            return self._literal(secret)
        services = self.readers.of(secret.key, self.running)
        beside = self.readers.named_beside_api(secret.key, self.running)
        idle = "" if beside else self.readers.idle(secret.key, self.values)
        if not services or idle or (not beside and self._stopped(secret.key)):
            return SecretUse(secret, Verdict.IDLE, driver=idle)
        return SecretUse(secret, self._in_use(secret, services, beside), services)

    def _literal(self, secret: ShippedSecret) -> SecretUse:
        if secret.service not in self.running:
            return SecretUse(secret, Verdict.IDLE)
        fixed = secret.service in default_secrets.fixed(self.running)
        return SecretUse(secret, Verdict.FIXED if fixed else Verdict.UNHEARD, (secret.service,))

    def _stopped(self, key: str) -> bool:
        """Whether a key opens a store that does not run, and no driver says that another one of its kind is asked."""
        default = next((default for default in default_secrets.DEFAULTS if key in default.names), None)
        opens = set(default.services) if default else set()
        return bool(opens) and not opens & self.running and not self.readers.has_driver(key)

    def _in_use(self, secret: ShippedSecret, services: Collection[str], beside: Collection[str]) -> Verdict:
        asked = self.readers.driver_services(secret.key)
        if secret.key in self.handled:
            return Verdict.HANDLED
        if {*services, *asked} & default_secrets.fixed(self.running).keys():
            return Verdict.FIXED
        if secret.placeholder and not beside:
            return Verdict.PLACEHOLDER
        outside = not beside and not asked & self.running and self.readers.has_driver(secret.key)
        return Verdict.OUTSIDE if outside else Verdict.UNHEARD
