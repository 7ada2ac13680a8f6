"""Messages as documents: Markdown drawn without any HTML, its code and formulas, and its copies."""
