"""What a scenario may add to the static world: agreements, rules and habits, each with its parameters."""
