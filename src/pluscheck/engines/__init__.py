"""Floor 5, a room of its own: engines find verdicts. Quiet functions of (system, wanted, budget, listener); they never print and read no globals."""
