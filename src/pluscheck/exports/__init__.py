"""Models as text for other model checkers, which find in it the same states and the same verdicts."""
