from dify_app import DifyApp


def init_app(app: DifyApp) -> None:
    from commands import ping_worker, upgrade_db

    for command in (upgrade_db, ping_worker):
        app.cli.add_command(command)
