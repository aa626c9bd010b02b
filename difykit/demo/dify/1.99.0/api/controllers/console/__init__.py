from importlib import import_module

from flask import Blueprint
from flask_restx import Namespace

from libs.external_api import ExternalApi

bp = Blueprint("console", __name__, url_prefix="/console/api")
api = ExternalApi(bp)
console_ns = Namespace("console", description="What the console asks for", path="/")

# These modules put their resources on `console_ns` when they are imported.
RESOURCE_MODULES = (
    "controllers.console.setup",
    "controllers.console.auth.login",
    "controllers.console.workspace.account",
)

for module_name in RESOURCE_MODULES:
    import_module(module_name)

api.add_namespace(console_ns)

__all__ = ["api", "bp", "console_ns"]
