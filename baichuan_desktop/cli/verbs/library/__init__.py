"""The verbs of `models`: one module a verb, or a few that belong together."""
