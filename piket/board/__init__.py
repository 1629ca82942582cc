"""The face for people: the situation in plain HTML, signing in, and what a mail links to. Knows Flask, no other face.

`door` comes before every page: who is it, may they, and did we hand out this form; a view finds them in `visitor()`.
`signing_in`, `account` and `password_link` are about who that is. `situation` is the page at `/`; `panels` and `running`
turn the picture into plain values, so that what is said can be tested without a page; `links` shows one alert to one
organisation, and `desk_code` asks for what a forwarded mail must not be enough for; `acting` serves what is done by
form, `foreseeing` says before what it would do, and `deeds` lists what can be done; `frame` surrounds every page with its
language, its headers and its words. Works without script and on a closed network.
"""
