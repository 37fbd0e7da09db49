"""The way of a move: both ends are asked, the cheapest route found, and each column judged."""
