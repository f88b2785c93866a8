"""What the database needs done to it by day, week and month, beside everything that runs."""
