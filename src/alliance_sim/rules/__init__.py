"""The rule book: pure array functions with a source each, called by every engine."""
