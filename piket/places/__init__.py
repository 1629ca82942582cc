"""Emergency places: offered, promised on a call-up, in use. Every past moment stays readable. All moments UTC."""
