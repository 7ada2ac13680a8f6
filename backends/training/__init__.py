"""Fine-tuning: from a model's folder and files of data to an adapter or a model of one's own."""
