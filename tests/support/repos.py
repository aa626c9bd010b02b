"""Real upstream repositories, small: releases that look like Dify's, with tags."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.trees import Content, write_tree

BLUEPRINTS = """\
from dify_app import DifyApp


def init_app(app: DifyApp):
    # register blueprint routers

    from controllers.console import bp as console_app_bp

    app.register_blueprint(console_app_bp)
"""

NGINX = """\
server {
    listen ${NGINX_PORT};

    location /console/api {
      proxy_pass http://api:5001;
      include proxy.conf;
    }

    location / {
      proxy_pass http://web:3000;
      include proxy.conf;
    }
}
"""

DIFY: dict[str, Content] = {
    "README.md": "Dify\n",
    "api/app.py": "print('one')\nprint('two')\nprint('three')\n",
    "api/controllers/__init__.py": "",
    "api/controllers/console/__init__.py": "bp = object()\n",
    "api/extensions/ext_blueprints.py": BLUEPRINTS,
    "docker/docker-compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.0.0\n",
    "docker/nginx/conf.d/default.conf.template": NGINX,
    "web/package.json": '{"name": "dify-web", "version": "1.0.0"}\n',
    "web/i18n/en-US/login.json": '{\n  "pageTitle": "Welcome",\n  "signBtn": "Sign in"\n}\n',
}


class Upstream:
    """A bare repository of releases; each is a commit on the one before."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dify.git"
        self._work = folder / "dify-work"
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        who = {f"GIT_{role}_{part}": "dify" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
        self._env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who, **dates}
        self._run("init", "--quiet", "--bare", "--initial-branch=main", str(self.path))
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
        # A release may hold attributes; what is committed is what the test wrote all the same.
        write_tree(self.path, {"info/attributes": "* -text -eol -filter -ident -working-tree-encoding\n"})
        write_tree(self._work, DIFY)

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def git(self, *args: str) -> str:
        """Run git in the repository; what it prints."""
        return self._run(f"--git-dir={self.path}", f"--work-tree={self._work}", *args)

    def commit(self, changes: Mapping[str, Content] | None = None) -> str:
        """Commit what is there with `changes` on top; the commit id."""
        write_tree(self._work, changes or {})
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message=release")
        return self.git("rev-parse", "HEAD")

    def release(self, tag: str, changes: Mapping[str, Content] | None = None) -> str:
        """Commit and tag; a tag that is there already moves. The commit id."""
        commit = self.commit(changes)
        self.git("tag", "--force", tag)
        return commit

    def _run(self, *args: str) -> str:
        done = subprocess.run(["git", *args], env=self._env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
