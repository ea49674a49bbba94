"""A programme's worth of simulated contributors at a real collector, over its public interface only."""
