"""Floor 3: systems flattened to finite scalars over one hash-consed expression DAG."""
