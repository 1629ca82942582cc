"""Who is who: organisations, how to reach them, their keys, and what each may do."""
