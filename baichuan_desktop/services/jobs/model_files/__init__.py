"""Jobs that work with the files of models and need no engine."""
