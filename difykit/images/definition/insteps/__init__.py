"""Programs that run inside steps of a build: they are mounted there, and are in no image."""
