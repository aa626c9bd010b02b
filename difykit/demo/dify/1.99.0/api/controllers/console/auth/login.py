import base64
import binascii

from flask import make_response
from flask_restx import Resource

from constants import COOKIE_NAME_ACCESS_TOKEN, COOKIE_NAME_CSRF_TOKEN, COOKIE_NAME_REFRESH_TOKEN
from controllers.console import console_ns
from controllers.console.error import AuthenticationFailedError
from controllers.console.wraps import setup_required
from libs.external_api import json_fields
from libs.login import ACCESS, CSRF, REFRESH, login_required, new_token
from services.account_service import authenticate

COOKIES = {COOKIE_NAME_ACCESS_TOKEN: ACCESS, COOKIE_NAME_REFRESH_TOKEN: REFRESH, COOKIE_NAME_CSRF_TOKEN: CSRF}


def _plain(password: str) -> str:
    """Passwords arrive in base64: that hides them from logs, not from anybody who looks."""
    try:
        return base64.b64decode(password, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise AuthenticationFailedError from None


@console_ns.route("/login")
class LoginApi(Resource):
    @setup_required
    def post(self):
        fields = json_fields("email", "password")
        account = authenticate(fields["email"], _plain(fields["password"]))
        if account is None:
            raise AuthenticationFailedError
        response = make_response({"result": "success"})
        for name, purpose in COOKIES.items():
            # The page has to read the CSRF token in order to send it back in a header.
            response.set_cookie(name, new_token(purpose, account.id), httponly=purpose != CSRF, samesite="Lax")
        return response


@console_ns.route("/logout")
class LogoutApi(Resource):
    @setup_required
    @login_required
    def post(self):
        response = make_response({"result": "success"})
        for name in COOKIES:
            response.delete_cookie(name)
        return response
