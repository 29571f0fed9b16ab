"""Floor 3, a room of its own: the only place that knows Z3."""
