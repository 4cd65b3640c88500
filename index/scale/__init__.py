"""Beyond one machine: an archive in Milvus, reading on a Ray cluster, an archive as one file."""
