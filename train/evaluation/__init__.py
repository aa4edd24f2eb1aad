"""How good a model is: figures on labelled pictures, and a report that a person can judge it by."""
