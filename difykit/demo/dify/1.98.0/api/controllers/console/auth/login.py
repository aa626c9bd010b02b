from flask_restx import Resource

from controllers.console import api
from controllers.console.error import AuthenticationFailedError
from controllers.console.wraps import setup_required
from libs.external_api import json_fields
from libs.login import ACCESS, REFRESH, new_token
from services.account_service import authenticate


class LoginApi(Resource):
    @setup_required
    def post(self):
        account = authenticate(**json_fields("email", "password"))
        if account is None:
            raise AuthenticationFailedError
        tokens = {"access_token": new_token(ACCESS, account.id), "refresh_token": new_token(REFRESH, account.id)}
        return {"result": "success", "data": tokens}


api.add_resource(LoginApi, "/login")
