"""What each customisation becomes on a release: `upgrade.forecast` prints it, `upgrade.start` carries it out."""
