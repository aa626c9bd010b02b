"""What each service is in Dify: by the image that it runs or replaces, since names can be changed and images cannot."""

from __future__ import annotations

from difykit.dify import services

GATEWAY = "gateway"
API = "api"
"""api and worker: the image and the settings are the same."""
BEAT = "beat"
"""What runs the image of api and reaches no more than database, Redis and queue."""
MIGRATE = "migrate"
WEB = "web"
PLUGIN = "plugin"
SANDBOX = "sandbox"
PROXY = "proxy"
DIFY = frozenset({API, BEAT, MIGRATE, WEB, PLUGIN, SANDBOX, PROXY})
"""All but the gateway, which is nginx's."""

STORAGE = "/app/api/storage"
"""Where api has its files, inside the container."""
_IMAGES = {
    services.WEB_IMAGE: WEB,
    services.SANDBOX_IMAGE: SANDBOX,
    services.PLUGIN_DAEMON_IMAGE: PLUGIN,
    services.NGINX_IMAGE: GATEWAY,
}
_NAMES = {services.NGINX: GATEWAY, services.SSRF_PROXY: PROXY, services.CERTBOT: GATEWAY}


def role_of(name: str, image: str, mode: str) -> str:
    """The role of a service by its name, its image and its MODE; "" for one that is no part of Dify's own."""
    if image == services.API_IMAGE:
        return BEAT if mode == "beat" or name in {services.WORKER_BEAT, services.API_WEBSOCKET} else API
    return _NAMES.get(name) or _IMAGES.get(image, "")
