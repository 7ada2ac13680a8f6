"""`finetune`: its flags, which are those of the published projects too, and what it prints."""
