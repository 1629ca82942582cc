"""Who is who: organisations, how to reach them, their keys, and what each may do.

`members` knows who takes part under which code; `contacts` where a desk can be reached and since when it cannot; `keys` who
shows which key (only hashes are kept); `access` is the one table of who may do what. No other room asks for a kind of
organisation to decide whether something is allowed.
"""
