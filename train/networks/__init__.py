"""Networks that are trained here, and the blocks, losses and corruptions that they share."""
