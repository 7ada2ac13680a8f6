"""Errors of what may be loaded here: the policy, licences, admission."""
