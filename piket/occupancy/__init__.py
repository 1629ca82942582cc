"""How full the centres are: thresholds, counts, and what crosses a level. All moments UTC; knows no HTTP.

Sections 1 and 2 of the rules. A count walks through `desk` (the centre's row is locked, what is due is done first),
`recording` (is it a repeat, late, stale, to be held?), `judging` (which level, and what follows from it) and from there
into the room `overflows`. `rules` and `threshold_rules` decide; `standing` reads what is known of a centre at a
moment; `reading` and `situation` are what can be asked; `importing` takes past counts from a file.

Two levels are kept apart on purpose. The level of a centre is worked out whenever it is read, because it becomes unknown
by the clock alone. The level that people were last *told* is a row (`Announced`): a crossing is measured from that.
"""
