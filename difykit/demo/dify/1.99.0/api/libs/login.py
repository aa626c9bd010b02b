from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any

from flask import Request, current_app, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from configs import dify_config
from constants import COOKIE_NAME_ACCESS_TOKEN, COOKIE_NAME_CSRF_TOKEN, HEADER_NAME_CSRF_TOKEN

__all__ = ["account_id_of", "current_account_with_tenant", "current_user", "login_required", "new_token"]

ACCESS, REFRESH, CSRF = "access", "refresh", "csrf"


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
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = request.cookies.get(COOKIE_NAME_ACCESS_TOKEN) or (bearer.strip() if scheme.lower() == "bearer" else "")
    return read_token(ACCESS, token) if token else None


def csrf_token_fits(account_id: str) -> bool:
    """Another site can make a browser send the cookie, but it cannot read it to send the header as well."""
    cookie, header = request.cookies.get(COOKIE_NAME_CSRF_TOKEN, ""), request.headers.get(HEADER_NAME_CSRF_TOKEN, "")
    return compare_digest(cookie.encode(), header.encode()) and read_token(CSRF, header) == account_id


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        known = current_user.is_authenticated and csrf_token_fits(current_user.id)
        return view(*args, **kwargs) if known else current_app.login_manager.unauthorized()

    return decorated


def current_account_with_tenant() -> tuple[Any, str]:
    account = current_user._get_current_object()
    return account, account.current_tenant_id
