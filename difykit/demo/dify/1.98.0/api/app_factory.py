import logging

from configs import dify_config
from dify_app import DifyApp


def create_flask_app_with_configs() -> DifyApp:
    """An application that knows its settings, and nothing else yet."""
    logging.basicConfig(level=dify_config.LOG_LEVEL, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    app = DifyApp(__name__)
    app.config.from_mapping(dify_config.as_mapping())
    return app


def create_app() -> DifyApp:
    app = create_flask_app_with_configs()
    initialize_extensions(app)
    return app


def initialize_extensions(app: DifyApp) -> None:
    """Give every extension its turn. The order matters: routes need the login, the login needs the database."""
    from extensions import (
        ext_app_metrics,
        ext_blueprints,
        ext_celery,
        ext_commands,
        ext_database,
        ext_login,
        ext_migrate,
        ext_redis,
        ext_storage,
    )

    extensions = [
        ext_database,
        ext_app_metrics,
        ext_migrate,
        ext_redis,
        ext_storage,
        ext_celery,
        ext_login,
        ext_blueprints,
        ext_commands,
    ]
    for extension in extensions:
        extension.init_app(app)


def create_migrations_app() -> DifyApp:
    from extensions import ext_database, ext_migrate

    app = create_flask_app_with_configs()
    ext_database.init_app(app)
    ext_migrate.init_app(app)
    return app
