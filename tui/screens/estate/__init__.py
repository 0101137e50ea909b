"""The home screen: the estates of source and target, and the marks."""
