"""The site of `docs/`: its pages as they stand there, and reference pages written from the code."""
