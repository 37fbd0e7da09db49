"""Text on its way to COPY, watched for values that the server would round or cut."""
