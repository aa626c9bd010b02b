from controllers import console
from controllers.console.wraps import account_initialization_required, setup_required
from libs.login import current_user, login_required

try:
    from flask_restx import Resource
except ImportError:  # Dify up to 1.7.2
    from flask_restful import Resource


class HelloConsoleApi(Resource):
    @setup_required
    @login_required
    @account_initialization_required
    def get(self):
        return {"message": f"Hello, {current_user.name}!"}


if hasattr(console, "console_ns"):
    console.console_ns.add_resource(HelloConsoleApi, "/hello")
else:  # Dify up to 1.8.1
    console.api.add_resource(HelloConsoleApi, "/hello")
