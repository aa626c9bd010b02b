from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash

from configs import dify_config
from models.account import Account
from models.engine import db
from models.model import DifySetup


def setup_of() -> DifySetup | None:
    return db.session.scalar(select(DifySetup).limit(1))


def register_admin(email: str, name: str, password: str) -> Account:
    account = Account(email=email.strip().lower(), name=name, password=generate_password_hash(password))
    db.session.add_all([account, DifySetup(version=dify_config.CURRENT_VERSION)])
    db.session.commit()
    return account


def authenticate(email: str, password: str) -> Account | None:
    account = db.session.scalar(select(Account).where(Account.email == email.strip().lower()))
    return account if account and check_password_hash(account.password, password) else None
