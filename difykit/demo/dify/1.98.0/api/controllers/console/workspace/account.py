from flask_restx import Resource

from controllers.console import api
from controllers.console.wraps import account_initialization_required, setup_required
from libs.login import current_user, login_required


class ProfileApi(Resource):
    @setup_required
    @login_required
    @account_initialization_required
    def get(self):
        return {"id": current_user.id, "name": current_user.name, "email": current_user.email}


api.add_resource(ProfileApi, "/account/profile")
