import flask_login
from flask import Request, Response, jsonify, request

from dify_app import DifyApp
from libs.login import account_id_of
from models.account import Account
from models.engine import db

login_manager = flask_login.LoginManager()


@login_manager.request_loader
def load_user_from_request(request_from_flask_login: Request) -> Account | None:
    """Who asks? Only these blueprints know accounts; on any other there is nobody."""
    if request.blueprint in {"console", "inner_api"}:
        account_id = account_id_of(request_from_flask_login)
        return db.session.get(Account, account_id) if account_id else None
    return None


@login_manager.unauthorized_handler
def unauthorized_handler() -> Response:
    response = jsonify(code="unauthorized", message="Log in first.", status=401)
    response.status_code = 401
    return response


def init_app(app: DifyApp) -> None:
    login_manager.init_app(app)
