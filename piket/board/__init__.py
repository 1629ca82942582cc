"""The face for people: the situation in plain HTML, signing in, and what a mail links to. Knows Flask, no other face.

`situation` is the page at `/`; `panels` and `running` turn the picture into plain values, so that what is said can be tested
without a page; `links` shows one alert to one organisation; `signing_in` keeps who looks; `frame` surrounds every page with
its language, the protection of its forms and its headers. Works without script and on a closed network.
"""
