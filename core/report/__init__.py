"""The report of a run: what its journal and its chronicle tell, as one value."""
