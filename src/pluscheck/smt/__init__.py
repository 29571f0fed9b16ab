"""Floor 4, a room of its own: the only place that knows Z3."""
