"""How fast this computer judges: each stage of one frame, and the daemon itself on pictures in memory."""
