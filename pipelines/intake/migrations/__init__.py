"""Steps that bring an inbox to this program's shape; a step, once released, is never edited."""
