"""The way out for the services that go out: api's, with plugins' the plugin daemon's, through a proxy.

web asks nobody outside. The sandbox goes through ssrf_proxy alone, which render gives the proxy as its parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from difykit.dify import services
from difykit.release.compose.images import API, runs
from difykit.release.compose.variables import environment
from difykit.workspace import manifest

_DAEMON = services.PLUGIN_DAEMON
# Names of this machine, as containers and clients call it.
_HERE = ("localhost", "127.0.0.1", "::1", "host.docker.internal")


@dataclass(frozen=True)
class ServiceProxy:
    """Proxies by scheme, and the hosts to reach without one; "" where there is none."""

    http: str = ""
    https: str = ""
    no_proxy: str = ""

    @classmethod
    def of(cls, settings: manifest.Proxy) -> ServiceProxy:
        """What difykit.yaml says."""
        return cls(settings.http, settings.https, settings.no_proxy)

    def variables(self, names: Iterable[str] = ()) -> dict[str, str]:
        """What programs read, in both spellings: Go and pip the capitals, curl for http only the small ones.

        `names` are hosts that are never behind the proxy.
        """
        if not self.http and not self.https:
            return {}
        excluded = [host.strip() for host in self.no_proxy.split(",") if host.strip()]
        unproxied = ",".join(dict.fromkeys([*_HERE, *sorted(names), *excluded]))
        variables = {"HTTP_PROXY": self.http, "HTTPS_PROXY": self.https, "NO_PROXY": unproxied}
        return {name: value for key, value in variables.items() if value for name in (key, key.lower())}


NO_PROXY = ServiceProxy()


def add_proxy(services: dict[str, dict[str, Any]], proxy: ServiceProxy, names: Iterable[str]) -> None:
    """Give the services that go out the proxy; what they have already stays. `names` are all services of the stack."""
    variables = {key: value.replace("$", "$$") for key, value in proxy.variables(names).items()}
    for name, service in services.items():
        if variables and (name == _DAEMON or runs(service, API)):
            service["environment"] = variables | environment(service)
