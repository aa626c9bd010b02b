"""The source: the pinned release plus patches, overlays and wiring, as git commits."""
