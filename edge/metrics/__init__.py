"""What a station shows to Prometheus; reads from every other room, and nothing reads from here but the daemon."""
