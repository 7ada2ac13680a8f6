"""What comes of a request, in the objects of OpenAI's API."""
