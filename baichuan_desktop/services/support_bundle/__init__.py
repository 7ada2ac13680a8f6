"""What a person may send to whoever helps: facts of machine and app, and nothing private."""
