"""Steps that bring an operational store to this program's shape; a step, once released, is never edited."""
