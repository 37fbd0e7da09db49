"""What the stand-ins for Redshift and for Vertica have in common; it knows neither of them."""
