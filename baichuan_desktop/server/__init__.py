"""Serves the model of this machine to other programs and browsers: OpenAI's API and a web page.

Needs the extra `server`. Nothing here is imported before somebody asks for a server.
"""
