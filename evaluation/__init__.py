"""From a gold set to figures and a report, with an interval and a count for each figure."""
