"""What edge-ad reaches, measured: each benchmark is a command that prints tables and writes JSON."""
