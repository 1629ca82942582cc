"""Figures: how fast, how much, and next to what. `python -m bench` makes one table; see README.md."""
