from flask_restx import Resource

from libs.external_api import json_fields
from services.account_service import register_admin, setup_of

from . import console_ns
from .error import AlreadySetupError


@console_ns.route("/setup")
class SetupApi(Resource):
    def get(self):
        done = setup_of()
        if done is None:
            return {"step": "not_started"}
        return {"step": "finished", "setup_at": done.setup_at.isoformat()}

    def post(self):
        fields = json_fields("email", "name", "password")
        if setup_of() is not None:
            raise AlreadySetupError
        register_admin(**fields)
        return {"result": "success"}, 201
