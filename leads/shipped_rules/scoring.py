"""The shipped scoring rules. A stranger who asks for the price and gives a number is qualified with the standard setting of 50."""

from leads.shipped_rules import Points

SCORING = (
    Points("Wants to order", "intent", "order", points=25, ceiling=50, half_life_days=14),
    Points("Asks how to pay, or has paid", "intent", "payment", points=20, ceiling=40, half_life_days=14),
    Points("Asks for the price", "intent", "price", points=15, ceiling=30, half_life_days=14),
    Points("Asks for wholesale", "intent", "wholesale", points=20, ceiling=40, half_life_days=30),
    Points("Asks whether it is available", "intent", "availability", points=12, ceiling=24, half_life_days=14),
    Points("Asks about delivery", "intent", "delivery", points=12, ceiling=24, half_life_days=14),
    Points("Asks for a discount", "intent", "discount", points=8, ceiling=16, half_life_days=14),
    Points("Asks for details", "intent", "details", points=8, ceiling=24, half_life_days=14),
    Points("Asks where the shop is or when it opens", "intent", "location", points=8, ceiling=16, half_life_days=14),
    Points("Wants to talk to somebody", "intent", "human", points=8, ceiling=16, half_life_days=7),
    Points("Gives a phone number or an e-mail address", "contact", points=20, ceiling=20),
    Points("Names a product", "product", points=5, ceiling=20, half_life_days=30),
    Points("Sends a picture, video, voice message or file", "media", points=3, ceiling=9, half_life_days=14),
    Points("Came from an ad", "source", "ad", points=10, ceiling=10),
    Points("Filled in a lead form", "source", "lead_form", points=25, ceiling=25),
    Points("Came by a link", "source", "referral", points=8, ceiling=8),
    Points("Commented under a post", "source", "comment", points=5, ceiling=10, half_life_days=30),
    Points("Answered a story", "source", "story", points=5, ceiling=10, half_life_days=30),
    Points("Needs it soon", "keyword", phrases="URGENT", points=10, ceiling=20, half_life_days=7),
    Points("Is pleased", "sentiment", "positive", points=3, ceiling=9, half_life_days=30),
    Points("Perhaps later", "keyword", phrases="LATER", points=-10, ceiling=20, half_life_days=14),
    Points("Complains", "intent", "complaint", points=-10, ceiling=20, half_life_days=30),
    Points("Wants to return something", "intent", "return", points=-5, ceiling=10, half_life_days=30),
    Points("Cancels", "intent", "cancel", points=-25, ceiling=50, half_life_days=30),
    Points("Is not interested", "intent", "not-interested", points=-30, ceiling=60, half_life_days=30),
)
