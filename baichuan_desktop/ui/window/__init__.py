"""The main window, which wires everything else."""
