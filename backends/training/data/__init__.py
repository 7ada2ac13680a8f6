"""From files of conversations to ids and labels, each known by its file and line."""
