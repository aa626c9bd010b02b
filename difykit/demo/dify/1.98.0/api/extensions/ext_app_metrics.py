import os

from flask import Response, jsonify

from configs import dify_config
from dify_app import DifyApp


def init_app(app: DifyApp) -> None:
    @app.after_request
    def say_which_version(response: Response) -> Response:
        response.headers["X-Version"] = dify_config.CURRENT_VERSION
        response.headers["X-Env"] = dify_config.DEPLOY_ENV
        return response

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok", version=dify_config.CURRENT_VERSION, pid=os.getpid())
