"""Floor 5: parse → … → verdicts → judged → report. The only floor that knows the order."""
