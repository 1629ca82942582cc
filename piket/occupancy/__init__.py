"""How full the centres are: thresholds, counts, and what crosses a level. All moments UTC; knows no HTTP."""
