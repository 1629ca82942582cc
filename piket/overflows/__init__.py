"""One overflow from opening to all-clear: the need, the call-ups, their deadlines, who is told. All moments UTC.

Sections 3 to 6 of the rules. `episodes` opens, follows and closes; `calls` finds whom to call and releases; `answers`
takes what the called say; `deadlines` finds what comes due by itself; `telling` says who hears of it and with which
answers to the three questions; `reading` is what can be asked. Every verb works at a `Desk`: one transaction, one moment,
one centre whose row is locked. `occupancy` opens the desk, because only it can see the centre.

After anything that changes need, promises or deadlines the verb calls `settle`, which calls the next or releases what is no
longer needed. Nothing else decides that, so a pass of the engine and a request come to the same end.
"""
