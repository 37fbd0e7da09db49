"""What tests, demo and benchmark share: real servers, and plugins made for a test."""
