"""Fine-tuning as the window and the terminal share it: presets, checks, the process, the job."""
