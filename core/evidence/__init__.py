"""What was observed of an item before and after its move, and how the two compare."""
