"""What a message tells: by words, without a database or a clock in the matching itself."""
