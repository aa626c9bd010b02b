"""What is known of Dify: read from the pinned release where that can be, listed with its releases where it cannot.

Every room above asks here; nothing here asks a room above. `docs/dify.md` is the table of it.
"""
