"""The release folder: what a deployment needs, in one place."""
