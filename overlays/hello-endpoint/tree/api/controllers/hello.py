from flask import Blueprint, jsonify

bp = Blueprint("hello", __name__)


@bp.get("/custom-endpoint")
def custom_endpoint():
    return jsonify(message="Hello from custom API!")
