"""piket: the duty office of the Dutch *landelijk opvang piket*."""
