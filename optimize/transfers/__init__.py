"""Stock sent between nodes ahead of demand: by expected shortage or over several periods, lane by lane."""
