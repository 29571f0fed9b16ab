"""IC3, also called property directed reachability: proofs by clauses learned one at a time, each relative to those before it."""
