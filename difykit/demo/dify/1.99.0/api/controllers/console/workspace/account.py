from flask_restx import Resource

from controllers.console import console_ns
from controllers.console.wraps import account_initialization_required, setup_required
from libs.login import current_account_with_tenant, login_required


@console_ns.route("/account/profile")
class ProfileApi(Resource):
    @setup_required
    @login_required
    @account_initialization_required
    def get(self):
        account, tenant_id = current_account_with_tenant()
        fields = {name: getattr(account, name) for name in ("id", "name", "email", "interface_language")}
        return {**fields, "tenant_id": tenant_id}
