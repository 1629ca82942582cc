"""The pictures of the board: what stands on each as plain values, and the pages that show them.

`days` and `occupancy` make the people over days, `tiles` the provinces, `bars` the call-ups, `year` the rota, `episode` the
course of an overflow: pure, so that what is shown can be tested without a page. `reading` fetches what they need, `showing`
asks the gallery, `pages` are the views. Every picture has one sentence that says the same, and a table with its figures.
"""
