"""Folders of models: checked and read for transformers, and made whole when it saves one."""
