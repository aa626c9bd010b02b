"""The tables of this overlay as the endpoint uses them; what makes and changes them are the migrations."""

from datetime import datetime

from sqlalchemy import DateTime, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Not Dify's `db.Model`: these tables are not Dify's, and no name here can meet one of Dify's."""


class Visit(Base):
    __tablename__ = "overlay_hello_table_visits"  # a name that no release of Dify has

    id: Mapped[int] = mapped_column(primary_key=True)
    visited_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.current_timestamp())
