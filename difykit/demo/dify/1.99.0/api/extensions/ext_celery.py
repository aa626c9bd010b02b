from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import Celery, Task

from configs import dify_config
from dify_app import DifyApp


def get_celery_broker_transport_options() -> dict[str, Any]:
    """A broker made of files (`filesystem://`) needs folders, Sentinel a name; plain Redis needs nothing."""
    if dify_config.CELERY_USE_SENTINEL:
        return {
            "master_name": dify_config.CELERY_SENTINEL_MASTER_NAME,
            "sentinel_kwargs": {
                "socket_timeout": dify_config.CELERY_SENTINEL_SOCKET_TIMEOUT,
                "password": dify_config.CELERY_SENTINEL_PASSWORD or None,
            },
        }
    if not dify_config.CELERY_BROKER_URL.startswith("filesystem:"):
        return {}
    folder = Path(dify_config.CELERY_FILESYSTEM_FOLDER or Path(dify_config.STORAGE_LOCAL_PATH) / "celery").resolve()
    queue, control = folder / "queue", folder / "control"
    for each in (queue, control):
        each.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
        "polling_interval": 0.2,
    }


def init_app(app: DifyApp) -> Celery:
    class TaskInApp(Task):
        """A task may use the database: it runs inside the application."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return super().__call__(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=TaskInApp, broker=dify_config.CELERY_BROKER_URL)
    celery_app.conf.update(
        imports=["tasks.ping_task"],
        task_ignore_result=True,
        task_default_queue="dataset",
        broker_connection_retry_on_startup=True,
        broker_transport_options=get_celery_broker_transport_options(),
        worker_hijack_root_logger=False,
        beat_schedule={
            "ping": {
                "task": "tasks.ping_task.ping_task",
                "schedule": timedelta(days=dify_config.CELERY_BEAT_SCHEDULER_TIME),
                "args": ("beat",),
            },
        },
    )
    celery_app.set_default()
    app.extensions["celery"] = celery_app
    return celery_app
