"""GET /hello-table: counts its visits, in a table of its own."""

from extensions.ext_database import db
from flask import Blueprint, jsonify
from sqlalchemy import func, select

from overlay_hello_table.models import Visit

bp = Blueprint("overlay_hello_table", __name__)


@bp.get("/hello-table")
def overlay_hello_table():
    db.session.add(Visit())
    db.session.commit()
    return jsonify(visits=db.session.scalar(select(func.count()).select_from(Visit)))
