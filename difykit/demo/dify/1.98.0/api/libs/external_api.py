from typing import Any

from flask import Blueprint, request
from flask_restx import Api
from werkzeug.exceptions import BadRequest, HTTPException


class BaseHTTPException(HTTPException):
    """An error with a word that programs can look for."""

    error_code = "unknown"


class ExternalApi(Api):
    """A JSON API: no documentation pages, and one shape for every error."""

    def __init__(self, blueprint: Blueprint, **kwargs: Any) -> None:
        super().__init__(blueprint, **{"doc": False, "add_specs": False, **kwargs})
        self.errorhandler(HTTPException)(self._explain)

    def _register_doc(self, app_or_blueprint: Any) -> None:
        """No documentation page at the root: it would hide a resource there."""

    @staticmethod
    def _explain(error: HTTPException) -> tuple[dict[str, Any], int]:
        status = error.code or 500
        word = getattr(error, "error_code", None) or error.name.lower().replace(" ", "_")
        return {"code": word, "message": error.description, "status": status}, status


def json_fields(*names: str) -> dict[str, str]:
    """The named texts out of a JSON body; all of them have to be there."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("A JSON object is expected.")
    missing = [name for name in names if not isinstance(body.get(name), str) or not body[name].strip()]
    if missing:
        raise BadRequest(f"Missing: {', '.join(missing)}")
    return {name: body[name] for name in names}
