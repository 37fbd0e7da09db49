"""Files that Vertica itself writes into a store: EXPORT TO PARQUET and DELIMITED, and S3EXPORT."""
