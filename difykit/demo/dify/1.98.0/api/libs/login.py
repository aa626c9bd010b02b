from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Request, current_app
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from configs import dify_config

__all__ = ["account_id_of", "current_user", "login_required", "new_token"]

ACCESS, REFRESH = "access", "refresh"


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=purpose)


def new_token(purpose: str, account_id: str) -> str:
    return _signer(purpose).dumps(account_id)


def read_token(purpose: str, token: str) -> str | None:
    try:
        return _signer(purpose).loads(token, max_age=dify_config.ACCESS_TOKEN_EXPIRE_MINUTES * 60)
    except BadSignature:
        return None


def account_id_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return read_token(ACCESS, token.strip()) if scheme.lower() == "bearer" else None


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        known = current_user.is_authenticated
        return view(*args, **kwargs) if known else current_app.login_manager.unauthorized()

    return decorated
