"""What a threshold means, for people: where it comes from, what it promises, what another one would do."""
