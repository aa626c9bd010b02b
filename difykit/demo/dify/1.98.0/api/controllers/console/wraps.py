"""Decorators for console endpoints, outermost first: setup_required, login_required, account_initialization_required."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from libs.login import current_user
from services.account_service import setup_of

from .error import AccountNotInitializedError, NotSetupError


def setup_required(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if setup_of() is None:
            raise NotSetupError
        return view(*args, **kwargs)

    return decorated


def account_initialization_required(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if current_user.status != "active":
            raise AccountNotInitializedError
        return view(*args, **kwargs)

    return decorated
