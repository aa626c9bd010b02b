"""`bundle.save` and `bundle.load`: a stack with all that it needs, carried into a closed network in one file."""
