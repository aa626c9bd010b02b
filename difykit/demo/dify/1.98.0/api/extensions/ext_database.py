import models  # noqa: F401  all tables, for Alembic
from dify_app import DifyApp
from models.engine import db

__all__ = ["db", "init_app"]


def init_app(app: DifyApp) -> None:
    db.init_app(app)
