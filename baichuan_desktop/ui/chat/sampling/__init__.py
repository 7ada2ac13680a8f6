"""How answers are sampled: sliders, fields, and what differs from what the model asks for."""
