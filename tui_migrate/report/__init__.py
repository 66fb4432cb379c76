"""What has become of migrations, as CSV files and HTML pages: values in, text out, a piece at a time."""
