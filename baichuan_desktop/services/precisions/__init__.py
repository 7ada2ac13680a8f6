"""What each precision needs on this machine, and what is offered where one does not fit."""
