"""What is yours: the manifests, `.env`, the lock and the state, read, checked and written."""
