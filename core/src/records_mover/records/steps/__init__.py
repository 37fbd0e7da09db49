"""The core's own steps: each takes a payload and gives a payload."""
