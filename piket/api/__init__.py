"""The face for machines: all that knows flask-smorest and marshmallow. `kit.py` is the seam, `<noun>.py` the views."""
