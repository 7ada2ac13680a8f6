"""Fine-tuning in the window: what is asked, how it goes, what came of it, and trying it."""
