"""Exports of press databases: many articles in one text. A file a database, with what each calls its labels."""
