"""What is fast and how it grows, measured beside peers and limits in one run. Measures, asserts nothing."""
