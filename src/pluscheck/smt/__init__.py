"""Upstairs on floor 3, over `ground`: the only place that knows Z3. Nodes of a ground system's DAG become terms here, and terms stay here."""
