"""Which settings of a system's switches are safe: one search with the switches free, in place of one for each setting."""
