"""Colours of code and drawings of formulas, made in a process of their own.

Both are pure Python that holds the interpreter: a lexer's regular expression may run for ever on
hostile code, and a formula takes up to 50 ms. Neither may hold the window up.
"""
