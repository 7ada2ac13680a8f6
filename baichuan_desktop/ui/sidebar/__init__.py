"""The list of conversations at the left: found again, filed, renamed, deleted and taken back."""
