import os
import secrets
from pathlib import Path

from configs import dify_config
from dify_app import DifyApp

KEY_FILE = ".dify_secret_key"


def init_app(app: DifyApp) -> None:
    app.config["SECRET_KEY"] = dify_config.SECRET_KEY or _key_in(Path(dify_config.STORAGE_LOCAL_PATH))


def _key_in(storage: Path) -> str:
    """The key kept in storage, made when there is none. Of several processes that make one, one wins."""
    path = storage / KEY_FILE
    if not path.exists():
        storage.mkdir(parents=True, exist_ok=True)
        mine = storage / f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        mine.write_text(secrets.token_urlsafe(42), "utf-8")
        mine.chmod(0o600)
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text("utf-8")
