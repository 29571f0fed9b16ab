"""Floor 5, a room of its own: verdicts as people and machines read them."""
