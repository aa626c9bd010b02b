from collections.abc import Callable, Iterable
from typing import Any

from dify_app import DifyApp


class SocketIOApp:
    """Stands where the collaboration server stands: says so under /socket.io/, passes on everything else."""

    def __init__(self, app: DifyApp) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/socket.io/"):
            return self.app(environ, start_response)
        start_response("501 Not Implemented", [("Content-Type", "text/plain")])
        return [b"The miniature Dify has no websockets.\n"]
