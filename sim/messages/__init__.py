"""Messages between systems: late, in batches, lost, repeated, tried again; and the people who mend what they leave."""
