"""Floor 7: arguments, exit codes, where bytes go. The only floor that prints."""
