from .account import Account
from .model import DifySetup, WorkerPing

__all__ = ["Account", "DifySetup", "WorkerPing"]
