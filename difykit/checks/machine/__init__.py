"""The machine: its system, programs, engine, room and way out."""
