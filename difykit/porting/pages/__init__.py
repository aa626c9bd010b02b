"""A forecast as a page, as Markdown and in words."""
