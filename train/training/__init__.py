"""Training a network by gradient: the loop, what it keeps to go on later, and what it writes down."""
