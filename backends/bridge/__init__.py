"""The models as transformers knows them: for PEFT, Trainer and the published snippets."""
