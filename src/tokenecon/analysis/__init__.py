"""What follows from the catalogue: a module a section of the report, frames in and frames out."""
