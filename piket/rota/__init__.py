"""Who is on duty at which moment, who stands by, and why. The only room that reckons in local time."""
