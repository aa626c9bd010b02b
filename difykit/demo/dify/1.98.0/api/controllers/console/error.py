from libs.external_api import BaseHTTPException


class AlreadySetupError(BaseHTTPException):
    code, error_code, description = 403, "already_setup", "There is an administrator already."


class NotSetupError(BaseHTTPException):
    code, error_code, description = 401, "not_setup", "Create the administrator first."


class AccountNotInitializedError(BaseHTTPException):
    code, error_code, description = 400, "account_not_initialized", "This account is not active yet."


class AuthenticationFailedError(BaseHTTPException):
    code, error_code, description = 401, "authentication_failed", "Wrong email or password."
