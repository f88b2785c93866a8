"""What people who write English say. Slots: {product} (with its article), {colour}, {size}, {price}, {town}, {day}."""

FIRST_NAMES: tuple[str, ...] = (
    "Amelia", "Ben", "Clara", "Daniel", "Ella", "Femi", "Grace", "Henry", "Isla", "Jacob", "Kate", "Liam", "Maya",
    "Noah", "Olivia", "Paul", "Ruth", "Sam", "Tessa", "Victor", "Zoe", "Hannah", "Owen", "Priya",
)  # fmt: skip
LAST_NAMES: tuple[str, ...] = (
    "Archer", "Bell", "Carter", "Dale", "Ellis", "Fraser", "Grant", "Hart", "Irwin", "Jones", "Keane", "Lowe",
    "Marsh", "Norris", "Okafor", "Pryce", "Reid", "Shaw", "Turner", "Vance", "Walsh", "Young",
)  # fmt: skip
TOWNS: tuple[tuple[str, str], ...] = (
    ("Bristol", ""), ("Leeds", ""), ("Cork", ""), ("Cardiff", ""), ("Lagos", ""), ("Nairobi", ""), ("Maadi", "EG-C"),
    ("Zamalek", "EG-C"), ("Hurghada", "EG-BA"), ("Sharm El Sheikh", "EG-JS"), ("Sheikh Zayed", "EG-GZ"),
)  # fmt: skip
PRODUCTS: tuple[str, ...] = (
    "the linen dress", "the leather bag", "the cotton shirt", "the running shoes", "the wool coat", "the silk scarf",
    "the denim jacket", "the ankle boots", "the summer hat", "the kids' pyjamas", "the knitted jumper", "the sandals",
)  # fmt: skip
COLOURS: tuple[str, ...] = (
    "black",
    "white",
    "navy",
    "olive green",
    "red",
    "beige",
    "pink",
    "grey",
    "burgundy",
    "brown",
)
SIZES: tuple[str, ...] = ("XS", "S", "M", "L", "XL", "38", "40", "42", "44")
DAYS: tuple[str, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CURRENCY = "{amount} EGP"

OPENINGS: tuple[str, ...] = (
    "Hi!",
    "Hello,",
    "Hey there,",
    "Good morning,",
    "Good evening!",
    "Hi, me again.",
    "Sorry to bother you,",
    "",
)
QUESTIONS: tuple[str, ...] = (
    "do you still have {product} in {colour}?",
    "how much is {product}?",
    "is {product} available in size {size}?",
    "can you deliver {product} to {town} by {day}?",
    "does {product} run small? I usually take {size}.",
    "I saw {product} for {price} somewhere, can you match that?",
    "what is {product} made of?",
    "can I pay for {product} on delivery?",
    "could you put {product} in {colour}, size {size}, aside for me until {day}?",
    "is there a discount if I take two of {product}?",
    "could you send me another photo of {product}, maybe in {colour}?",
    "how do I wash {product}?",
    "when will {product} be back in {colour}?",
    "I ordered {product} on {day} and it has not arrived yet.",
    "can I swap {product} for a size {size}? Mine does not fit.",
    "what does delivery to {town} cost?",
    "do you have a shop in {town} where I can try {product} on?",
    "is {product} good for cold weather?",
    "do you sell {product} wholesale? I have a small store in {town}.",
    "I would like {product} as a gift, do you wrap it?",
)
CLOSINGS: tuple[str, ...] = (
    "Thanks!",
    "Thank you so much.",
    "I need it before {day}.",
    "No rush.",
    "Size {size}, please.",
    "Cheers",
    "",
    "",
    "",
)
FOLLOW_UPS: tuple[str, ...] = (
    "Great, I will take it.", "Could you hold it until {day}?", "And in {colour}?", "My size is {size}.",
    "Please send it to {town}.", "Is {price} your best price?", "Perfect, thank you!", "Let me think about it.",
    "Okay, how do I order?", "Any news?", "Got it, thanks", "Yes please", "I have just paid.", "Are you still there?",
)  # fmt: skip
ASIDES: tuple[str, ...] = (
    "Let me think about it.", "I like it best in {colour}.", "I will ask at home and write on {day}.", "Any news?",
    "A friend in {town} has one in {colour}.", "Maybe after {day}.", "I will be in {town} on {day}.", "And in {colour}?",
    "{colour} would go with my other things.", "Got it, thanks", "Okay, I see.", "My sister in {town} told me about you.",
)  # fmt: skip
ANSWERS: tuple[str, ...] = (
    "Yes, {product} is here in {colour}, sizes S to XL.",
    "It is {price}, and delivery to {town} is free this week.",
    "We can bring it to {town} on {day}.",
    "Sorry, {colour} is sold out just now; more is on its way.",
    "Sure, which size may we put aside for you?",
    "You can pay on delivery or by card, as you like.",
    "It fits true to size; take {size} if you are between two.",
    "Please send us your address and phone number, and we will confirm the order.",
    "We have asked the courier and will tell you before {day}.",
    "Thank you for waiting! Your parcel left us on {day}.",
    "Of course, you may exchange it within 14 days.",
    "For three pieces or more we take 10 % off.",
)
COMMENTS: tuple[str, ...] = (
    "How much?", "Price please", "So pretty 😍", "Is this one left in {colour}?", "I want {product}!",
    "Do you deliver to {town}?", "Got mine on {day}, love it", "Sent you a message", "Size {size}?", "Beautiful ❤️",
)  # fmt: skip
COMMENT_ANSWERS: tuple[str, ...] = (
    "We have sent you a message with the details.",
    "It is {price}. Write to us to order!",
    "Yes, it is in stock.",
)
POSTS: tuple[str, ...] = (
    "New in: {product} in {colour}",
    "Back in stock: {product}",
    "{product}, three ways to wear it",
    "Weekend offer on {product}",
)
ADS: tuple[str, ...] = ("{product} from {price}", "Free delivery on {product}", "Last pieces: {product} in {colour}")
NOTES: tuple[str, ...] = (
    "Prefers to be called after six.",
    "Always asks for {colour}.",
    "Wears size {size}.",
    "Buys for a store in {town}.",
)
