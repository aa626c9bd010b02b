from .system import ping_worker, upgrade_db

__all__ = ["ping_worker", "upgrade_db"]
