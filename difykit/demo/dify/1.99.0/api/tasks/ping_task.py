from celery import shared_task

from models.engine import db
from models.model import WorkerPing


@shared_task(queue="dataset")
def ping_task(note: str) -> None:
    """Leave a row behind."""
    db.session.add(WorkerPing(note=note))
    db.session.commit()
