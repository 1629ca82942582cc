"""The face for people: the situation in plain HTML, signing in, and what a mail links to. Knows Flask, no other face."""
