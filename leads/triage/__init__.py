"""From messages to leads: reads what came in, opens and scores leads, and writes down why."""
