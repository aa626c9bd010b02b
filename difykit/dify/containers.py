"""What Dify's images and Compose file fix for containers: users, networks, builds, how settings of ports begin."""

from __future__ import annotations

import re

API_UID = 1001
"""The user of the api image from 1.10.1 on; before it, root."""
STORAGE_FLAG = ".init_permissions"
"""In api's storage, from 1.11.0 on: while it is there, `init_permissions` does not give the storage to api again."""
PROXY_NETWORK = "ssrf_proxy_network"
"""Internal, in every release: the sandbox's only one, and ssrf_proxy's."""
PORTS = "EXPOSE_"
"""How the settings of published ports begin, in every release from 1.0.0 on."""
SHARED_SETTINGS = "x-shared-env"
"""The part of the Compose file, up to 1.14.0, that lists the settings that reach api; others silently do not."""
_USER = re.compile(r"(?m)^USER\b")
_SECOND_WEB_BUILD = "build:vinext"


def runs_as_root(api_dockerfile: str) -> bool:
    """Whether api's image runs as root, by its Dockerfile."""
    return _USER.search(api_dockerfile) is None


def builds_web_twice(web_dockerfile: str) -> bool:
    """Whether web is built twice in one step, by its Dockerfile: from 1.14.0 on."""
    return _SECOND_WEB_BUILD in web_dockerfile


def dockerfile_of(image: str) -> str:
    """Where a source has the Dockerfile of an image of Dify's: `langgenius/dify-api` is made by `api/Dockerfile`."""
    return image.rpartition("/")[2].removeprefix("dify-") + "/Dockerfile"
