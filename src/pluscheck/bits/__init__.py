"""The ground system over single bits: an and-inverter graph, clauses for a SAT solver, and the only place that knows python-sat."""
