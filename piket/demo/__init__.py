"""The demo: the real service in a temporary folder, and the public counts of 2024 replayed through its door.

It stands on top of the house beside the command line, and speaks to the service only as others do: by HTTP, by the mail
and webhooks it sends, and by its commands. Answers of provinces, sites, addresses and telephone numbers are made up.
"""
