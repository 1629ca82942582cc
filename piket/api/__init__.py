"""The face for machines: all that knows flask-smorest and marshmallow. `kit.py` is the seam, `<noun>.py` the views.

A view file has schemas on top and views beneath, and decides nothing: it asks a room's service and says who may. Everything
that holds for all of them (keys, transactions, problems, lists, repeats, languages, the API document) is in the
`kit_*` files, explained at the top of `kit.py`. `meta` and `watch` are about the service itself.
"""
