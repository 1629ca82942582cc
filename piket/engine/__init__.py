"""The pulse: everything that happens because time passes. The only room that knows APScheduler."""
