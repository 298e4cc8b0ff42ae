"""Who did what when: the arms of a trace on one clock, to explore in a page, still, as a table and in words."""
