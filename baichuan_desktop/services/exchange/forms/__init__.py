"""A conversation for readers: Markdown, plain text, a page of HTML."""
