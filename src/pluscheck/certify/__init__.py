"""Floor 4, a room of its own: judges evidence, sharing nothing with the engines that found it."""
