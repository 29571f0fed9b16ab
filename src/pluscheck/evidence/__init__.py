"""Floor 4, a room of its own: verdicts and what they carry. Plain data, made by engines, judged by `certify`, shown by `report`."""
