"""The fault matrix: what can go wrong at each step of a move, and an oracle that looks after it."""
