"""An archive in Milvus: one protocol over a Milvus Lite in a file or as a server, a standalone server and a cluster."""
