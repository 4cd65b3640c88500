"""What a text says of itself: headline, outlet, byline, day, agency, its stories, and what of it is no news."""
