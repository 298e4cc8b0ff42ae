"""What a run, or a larger job, will take before it is begun."""
