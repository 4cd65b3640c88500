"""What comes in by itself: web pages, feeds, and files that change."""
