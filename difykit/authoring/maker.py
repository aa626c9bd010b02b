"""Who makes a new patch, and for which Dify."""

from __future__ import annotations

import time

from packaging.version import InvalidVersion, Version

from difykit.authoring.chain import LayerRanks
from difykit.authoring.rebuild import NOBODY
from difykit.git import Person, git_setting
from difykit.workspace.workspace import Workspace


def made_for(chain: LayerRanks) -> str:
    """The Dify that a new patch is made for: the pin, or of one that is no release, what it says of itself."""
    try:
        Version(chain.source.release.replace("-fix", ".post"))
    except InvalidVersion:
        return str(chain.release)
    return chain.source.release


def whoami(workspace: Workspace) -> Person:
    """Who makes a new patch: as the user's git knows them."""
    now = time.localtime()
    zone = time.strftime("%z", now)
    name, email = (git_setting(workspace.root, f"user.{key}") for key in ("name", "email"))
    return Person(name or NOBODY.name, email or NOBODY.email, int(time.mktime(now)), zone)
