from flask_restx import Resource

from configs import dify_config

from . import api


class IndexApi(Resource):
    def get(self):
        return {
            "welcome": "Service API of the miniature Dify",
            "api_version": "v1",
            "server_version": dify_config.CURRENT_VERSION,
        }


api.add_resource(IndexApi, "/", strict_slashes=False)
