from dify_app import DifyApp


def init_app(app: DifyApp) -> None:
    # Routes have to be on a blueprint before it is registered: Flask refuses late ones.
    from controllers.console import bp as console_app_bp
    from controllers.service_api import bp as service_api_bp

    app.register_blueprint(service_api_bp)
    app.register_blueprint(console_app_bp)
