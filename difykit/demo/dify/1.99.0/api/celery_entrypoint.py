"""What the worker runs: `celery -A celery_entrypoint.celery worker`."""

from app import app, celery

__all__ = ["app", "celery"]
