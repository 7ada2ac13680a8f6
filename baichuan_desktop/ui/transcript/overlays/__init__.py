"""What lies over the rows: buttons, the address of a link, the field in which a row is edited."""
