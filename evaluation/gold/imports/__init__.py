"""From somebody else's gold set to articles for an archive and a gold file over them. One small file a format."""
