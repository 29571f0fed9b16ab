"""Floor 5, a room of its own: judges evidence, sharing nothing with the engines that found it."""
