"""The pulse: everything that happens because time passes. The only room that knows APScheduler.

`tick` is one pass, an ordinary function of a moment; `scheduler` makes passes at an interval and when the bell rings;
`postman` sends what is due, with `lanes` saying how much at once; `wakeup` hears that another process committed. Any
number of engines may run on one store: none holds a state that is not in a column, so killing one loses nothing.
"""
