"""The one dialog of the settings: search, sections, and a row for each."""
