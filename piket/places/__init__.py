"""Emergency places: offered, promised on a call-up, in use. Every past moment stays readable. All moments UTC.

Sections 3.3, 4.2 and 5.5 of the rules. A place and a commitment are each a row that says what it is, and state rows that say
what held from when on; nothing is overwritten, so every sum can be asked for the past. `offers` is about what is offered by
hand; `promises` works out a whole promise at a `desk`; `commitments` changes and ends them; `records` reads and adds rows;
`listing` shows them. `rules` and `check_rules` decide.

What has passed counts as over when it is read, whether or not the engine has written that down yet.
"""
