"""What every room stands on: errors, files, programs, YAML, the redaction. Each module is a door of its own."""
