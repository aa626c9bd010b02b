"""The workspace: its files, what is derived from them, and what this machine has for it."""
