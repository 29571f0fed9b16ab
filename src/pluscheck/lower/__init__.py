"""Floor 4, a room of its own: the one bridge from the language to the core."""
