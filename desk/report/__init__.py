"""The PR lead's report: what stands in it, made once, and the same numbers as HTML, PDF, CSV, JSON and pictures."""
