"""From a prompt's ids to the events of an answer."""
