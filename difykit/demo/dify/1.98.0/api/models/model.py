from datetime import datetime

from sqlalchemy import DateTime, String, func
from sqlalchemy.orm import Mapped, mapped_column

from .engine import db


class DifySetup(db.Model):
    """One row, once there is an administrator."""

    __tablename__ = "dify_setups"

    version: Mapped[str] = mapped_column(String(255), primary_key=True)
    setup_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.current_timestamp())


class WorkerPing(db.Model):
    """What a worker did: proof that it works."""

    __tablename__ = "worker_pings"

    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.current_timestamp())
