"""Reads calendar files as people's programs really write them (RFC 5545, 7529), and gives up as little as it can."""
