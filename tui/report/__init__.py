"""A run's report as people and programs read it: Markdown, JSON, and one page of HTML."""
