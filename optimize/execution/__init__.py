"""Work inside nodes and at their docks: waves, carriers and shifts."""
