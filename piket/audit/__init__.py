"""The record of who did what, written in the transaction that did it. Rows are added, and never changed or deleted."""
