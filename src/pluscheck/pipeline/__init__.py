"""Floor 6: parse → … → verdicts → judged → report. The only floor that knows the order."""
