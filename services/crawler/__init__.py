"""Decides what is asked for and when: sources, discovery, robots, frontier, schedules."""
