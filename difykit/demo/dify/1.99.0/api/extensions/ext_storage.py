from pathlib import Path

from configs import dify_config
from dify_app import DifyApp


class Storage:
    """Files by name, below one folder."""

    def init_app(self, app: DifyApp) -> None:
        self.folder = Path(dify_config.STORAGE_LOCAL_PATH)

    def save(self, filename: str, data: bytes) -> None:
        place = self.folder / filename
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def load_once(self, filename: str) -> bytes:
        return (self.folder / filename).read_bytes()

    def exists(self, filename: str) -> bool:
        return (self.folder / filename).exists()

    def delete(self, filename: str) -> None:
        (self.folder / filename).unlink()


storage = Storage()


def init_app(app: DifyApp) -> None:
    storage.init_app(app)
