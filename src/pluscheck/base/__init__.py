"""Floor 1: source text, spans and diagnostics. Knows nothing of specifications."""
