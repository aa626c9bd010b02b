"""What an earlier difykit left: a workspace in every state that a later one meets, and that difykit itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.cli import Ran

COMMIT = "7b68813"
_FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / COMMIT
_URL = "https://dify.example.invalid/dify.git"

# As that difykit itself made them from the fixture, in copies at other paths.
SOURCE = "3e0ca89e86f7664ed29be7d349460c32dbf6f6a9"
"""The commit of the source on 1.98.0."""
UPGRADED_TREE = "2d7d6443f9cbbac3189a4d56949d991ddd439ec5"
"""The tree of the workspace on the branch that the upgrade to 1.99.0 ends with."""
UPGRADED_SOURCE = "b6204c7b85dd05aad0c89c060a4f93b42abbfeea"
"""The commit of the source on that branch."""
IMAGES = ("dify-api-custom:1.98.0-b3639b9a3629", "dify-web-custom:1.98.0-fac23a17cade")
"""The tags of the images that were built; they follow from their inputs alone."""
ROOT = "/work/tmp/fx/ws"
"""Where the workspace was when its release folder was made."""
EDITS = {"api/controllers/service_api/index.py": b"# not yet committed", "api/services/notes.py": b'NOTES = "mine"\n'}
"""The edits in the source that nobody has folded in, and a part of what each file holds."""
CONFLICT = "api/extensions/ext_blueprints.py"
RESOLVED = '    app.register_blueprint(files_bp)\n    app.logger.info("ours is here")\n'
"""The lines that take the place of the conflict's."""


def unpack(folder: Path) -> Path:
    """Lay the workspace and its upstream out in `folder`, and let git find the upstream; the workspace's root."""
    _extract("workspace.tar.xz", folder)
    upstream = (folder / "upstream.git").as_uri()
    settings = f'[user]\nname = Team\nemail = team@example.org\n[url "{upstream}"]\ninsteadOf = {_URL}\n'
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(settings)  # each test has its own
    return folder / "ws"


def resolve(root: Path) -> None:
    """Resolve the conflict at which the upgrade waits, as a person would."""
    path = root / ".difykit" / "upgrade" / "work" / CONFLICT
    head, rest = path.read_text().split("<<<<<<< ")
    tail = rest.split(">>>>>>> ")[1].split("\n", 1)[1]
    path.write_text(head + RESOLVED + tail)


def old_difykit(folder: Path, *args: str, cwd: Path) -> Ran:
    """Run the earlier difykit's own code, unpacked in `folder`, with this Python's packages."""
    if not (folder / "difykit").is_dir():
        _extract("toolkit.tar.xz", folder)
    env = {**os.environ, "PYTHONPATH": str(folder)}
    argv = [sys.executable, "-m", "difykit", *args]
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def _extract(name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(_FIXTURE / name) as archive:
        archive.extractall(folder, filter="tar")
