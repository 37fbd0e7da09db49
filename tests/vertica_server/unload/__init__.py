"""EXPORT and S3EXPORT at work: what is asked, how it is written, where it goes."""
