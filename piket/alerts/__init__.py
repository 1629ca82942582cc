"""What must be told, to whom, in which words, and what became of it."""
