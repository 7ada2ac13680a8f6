"""What a switch of the model keeps track of: its adapter on its way, how models are wanted."""
