"""All or nothing: how what was loaded takes the place of what was there."""
