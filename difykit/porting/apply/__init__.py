"""Carrying a plan out: journal, stops, proof, landing."""
