from flask import Blueprint

from libs.external_api import ExternalApi

bp = Blueprint("console", __name__, url_prefix="/console/api")
api = ExternalApi(bp)

# These modules put their resources on `api` when they are imported.
from . import setup  # noqa: E402, F401
from .auth import login  # noqa: E402, F401
from .workspace import account  # noqa: E402, F401
