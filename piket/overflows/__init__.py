"""One overflow from opening to all-clear: the need, the call-ups, their deadlines, who is told. All moments UTC."""
