"""Floor 3, a room of its own: systems flattened to finite scalars over one hash-consed expression DAG."""
