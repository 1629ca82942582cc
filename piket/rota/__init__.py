"""Who is on duty at which moment, who stands by, and why. The only room that reckons in local time.

Section 7 of the rules, and the order of calls of 5.1. `rules` is the one calculation of turns; `publish` writes them down
ahead of time; from then on `duty` and `calendar` read rows, and nothing is calculated afterwards. Only a decision
(`decide`) or an override (`overrides`) changes who has duty, and only from now on. `duty_rules` cuts turns and overrides
into stretches in which nothing changes; `hand_over_rules` finds the hand-overs among them and `hand_overs` tells each once;
`explain` says why in a sentence.
"""
