import sys


def is_db_command() -> bool:
    """True for `flask db …`, which must work before the full application can be built."""
    return sys.argv[0].endswith("flask") and sys.argv[1:2] == ["db"]


if is_db_command():
    from app_factory import create_migrations_app

    app = create_migrations_app()
else:
    from app_factory import create_app

    app = create_app()
    celery = app.extensions["celery"]

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=5001)
