from pathlib import Path

import flask_migrate

from dify_app import DifyApp
from models.engine import db


def init_app(app: DifyApp) -> None:
    flask_migrate.Migrate(app, db, directory=str(Path(app.root_path) / "migrations"))
