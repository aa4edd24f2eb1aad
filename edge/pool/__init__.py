"""Pictures of alerts, and the pool of those that somebody judged: for a better threshold, and for training."""
