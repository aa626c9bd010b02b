from flask import Flask


class DifyApp(Flask):
    pass
