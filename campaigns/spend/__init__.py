"""What ads cost, day by day, out of files that the ad platforms give."""
