"""Doors for people: site, vendor, inspect, and the manners of the command line."""
