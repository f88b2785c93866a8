"""What each platform sends: scenes, small stories of one to five events."""
