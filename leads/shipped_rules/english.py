"""English as customers of shops write it, with its usual slips. Words of other languages stand within phrases."""

_WANT = (
    "{i want to|i wanna|i want too|want to|wanna|id like to|i would like to|would like to|i need to|can i|could i|may i"
    "|how can i|how do i|how to|where can i|ready to|im ready to}"
)
_BUY = "{buy|order|purchase|reserve|get one|get this|place an order|make an order|book it|book one}"
_NOT = "{dont|do not|didnt|did not|not going to|wont|will not|no longer|never}"

ORDER = f"""
{_WANT} {_BUY}, i want this, i want one, i want it, i want 1, i want 2, i want two, i want to take, i need one,
i need this one, i need two, ill take, ill take it, i will take, i will take it, ill take one, ill take two, i take it,
ill buy, i will buy, ill order, i will order, going to buy, gonna buy, going to order, gonna order, buy it, buy this,
buy now, order now, order this, order it, order one, place an order, place order, place my order, make an order,
i am ordering, im ordering, id like one, id like two, id like to have, i would like one, i would like two,
how to order, how to buy, how can i get it, how can i get one, how do i get one, where do i order, where can i buy,
ready to order, ready to buy, put aside, put it aside, put one aside, set aside, reserve it, reserve one,
reserve for me, hold it for me, could you hold, can you hold, hold one, keep one for me, save one for me, send me one,
send me two, send it to my address, confirm my order, confirm the order, checkout, check out link, add to cart,
order form, take my order, count me in, deal lets do it, sign me up
"""
PRICE = """
how much, how mutch, how muc, howmuch, !how much time, !how much longer, price, prices, prize please, pric, pricing,
priced, price list, pricelist, !best price, !last price, !lower price, !better price, !same price, !good price,
!price match, !match the price, what does it cost, whats the cost, cost of, how expensive, the cost, total cost,
what do you charge, quote, quotation, whats the rate, rates, pp please, price pls, price plz, pm price
"""
AVAILABILITY = """
available, availible, avaliable, availabe, availability, !not available to talk, in stock, out of stock, instock,
restock, restocked, back in stock, sold out, do you have, do u have, d you have, have you got, you got any, still have,
do you still have, any left, still available, left in stock, still there, got any, is there any, are there any,
is this one left, when will it be back, be back in, got this in, got it in, !do you have a shop, !do you have a store,
!do you have a branch, !do you have delivery
"""
DETAILS = """
more details, details please, details pls, the details, more info, more information, info please, info pls,
tell me more, know more about, more pictures, more photos, more pics, another photo, another picture, real photos,
real pictures, send pictures, send photos, send pics, send me pictures, send me photos, photo of, pictures of,
video of, what size, which size, what sizes, which sizes, sizes, size chart, size guide, sizing, run small, runs small,
run large, runs large, true to size, my size, what colors, what colours, which colors, which colours, other colors,
other colours, colors, colours, what material, which material, the material, made of, made from, fabric, dimensions,
measurements, how long is, how wide, how heavy, what weight, specs, specifications, how do i wash, how to wash,
washable, how to use it, ingredients, catalog, catalogue, brochure, suitable for, good for cold, is it waterproof
"""
DELIVERY = """
delivery, deliver, deliveries, delivered by, do you deliver, can you deliver, delivery cost, delivery fee,
delivery charge, delivery time, how much is delivery, how much is the delivery, how much for delivery,
how much does delivery cost, shipping, do you ship, can you ship, ship to, shipping cost, shipping fee, shipping fees,
how much is shipping, how much is the shipping, how much for shipping, how much does shipping cost, free shipping,
free delivery, how long does it take, how long will it take, how long to arrive, how much time, when will it arrive,
when would it arrive, when can i get it, when can i receive, arrive by, send it to, can you send it, courier, postage,
pick up, pickup, same day, next day delivery, !pay on delivery, !cash on delivery, !payment on delivery
"""
ORDER_STATUS = """
where is my order, wheres my order, where is my package, wheres my package, where is my parcel, wheres my parcel,
where is my delivery, wheres my stuff, order status, status of my order, status of the order, track my order,
track my package, tracking, tracking number, tracking link, tracking code, any update, any updates, any news,
any news on my order, update on my order, about my order, my order number, order number, when will my order,
has my order, did you ship my order, has it shipped, is my order shipped, been shipped, is my order on the way,
order arrive
"""
LOCATION = """
where are you, where are you located, where r u located, where is your shop, where is your store, wheres your shop,
wheres your store, where is the shop, where is the store, your location, your address, shop address, store address,
location please, location pls, address please, whats the address, what is the address, do you have a shop,
do you have a store, do you have a branch, have a shop in, have a store in, branch, branches, nearest branch,
nearest store, closest store, showroom, physical store, physical shop, visit your shop, visit your store,
come to your store, come to the shop, directions, google maps, !live location
"""
HOURS = """
opening hours, working hours, business hours, what time do you open, what time do you close, when do you open,
when do you close, are you open, open today, open tomorrow, open on sunday, open on friday, open on weekends,
till what time, until what time, what are your hours, your hours
"""
PAYMENT = """
how can i pay, how do i pay, how to pay, can i pay, payment method, payment methods, payment options, payment link,
pay online, pay by card, pay with card, pay cash, pay on delivery, cash on delivery, payment on delivery, payment,
credit card, debit card, accept cards, take cards, accept visa, mastercard, paypal, apple pay, google pay,
bank transfer, bank details, bank account, account number, iban, installments, instalments, installment,
pay in installments, down payment, deposit, i paid, ive paid, i have paid, just paid, i have just paid,
i sent the money, sent the payment, transferred the money, i transferred, payment proof, proof of payment, invoice,
receipt
"""
DISCOUNT = """
discount, discounts, discount code, any discount, promo, promo code, promotion, promotions, coupon, coupons, voucher,
offer, offers, special offer, any offers, any offer, on sale, sale price, in the sale, best price, your best price,
last price, final price, lower price, better price, same price, good price, price match, match the price, match that,
can you match, lower the price, reduce the price, make it cheaper, cheaper, less expensive, too expensive,
so expensive, bundle, package deal, black friday, clearance, !offer you, !we offer, !i can offer
"""
COMPLAINT = """
complaint, complain, complaining, scam, scammer, scammers, scammed, fraud, rip off, ripoff, ripped off, thief, thieves,
its fake, it is fake, fake product, fake products, sold me a fake, cheated, broken, damaged, defective, defect, faulty,
cracked, torn, stained, doesnt work, does not work, not working, stopped working, isnt working, didnt work, wrong item,
wrong size, wrong color, wrong colour, wrong order, wrong product, wrong one, different from the picture,
not as described, not like the picture, not what i ordered, not the same as, missing item, missing items,
missing parts, part is missing, something is missing, has not arrived, hasnt arrived, have not arrived, didnt arrive,
did not arrive, not arrived, never arrived, still not arrived, not received, havent received, have not received,
didnt receive, did not receive, never received, not delivered, wasnt delivered, still waiting for my,
still waiting for it, waiting for weeks, is late, very late, so late, delayed, delay, no one answers, nobody answers,
no one is answering, no one replies, nobody replies, no reply, no response, not responding, ignoring me, ignored me,
worst, terrible service, bad service, poor service, awful service, bad quality, poor quality, horrible, unacceptable,
very disappointed, so disappointed, disappointing, i have a problem, i have an issue, there is a problem,
theres a problem, problem with, issue with, report you, consumer protection, my lawyer, legal action
"""
RETURN = """
return it, return this, return them, return the, return my, want to return, like to return, need to return,
can i return, how to return, how do i return, return policy, returns policy, returns, to return an item, refund,
refunds, refunded, money back, my money back, exchange, exchange it, exchange policy, swap, swap it, swap for,
replace it, want a replacement, send it back, sent it back, give it back, does not fit, doesnt fit, didnt fit,
too small for me, too big for me, too tight, change the size, !exchange rate, !return customer, !returning customer
"""
CANCEL = """
cancel, cancel it, cancel my order, cancel the order, cancelled, canceled, cancellation, cancelling, want to cancel,
please cancel, cancle, cancle my order, changed my mind, change of mind, call it off, forget the order, dont send it,
do not send it, !cancel anytime
"""
WHOLESALE = """
wholesale, wholesaler, wholesalers, whole sale, wholesale price, bulk, in bulk, bulk order, bulk price, bulk orders,
large quantity, large quantities, big quantity, quantities, minimum order, minimum quantity, moq, reseller, resellers,
resell, reselling, for resale, retailer, distributor, distributors, distribution, dropship, dropshipping, supplier,
supply my, supply our, dozen, dozens, carton, cartons, per carton, trade price, trade account, b2b, for my shop,
for my store, for my boutique, for our shop, for our store, i have a shop, i have a store, i have a small shop,
i have a small store, i own a shop, i own a store, own a boutique, have a boutique, my customers
"""
RETAIL = """
retail, retail price, retail customer, just one piece, one piece, only one piece, single piece, single item, just one,
only one, only need one, for myself, for personal use, personal use, for my own use, not wholesale, !not only one,
!only one left, !just one left
"""
HUMAN = """
talk to someone, speak to someone, talk to a person, speak to a person, talk to a human, speak to a human, real person,
real human, human agent, live agent, talk to an agent, speak to an agent, customer service, customer support,
customer care, representative, talk to the manager, speak to the manager, speak to a manager, call me, call me back,
please call, give me a call, can you call, your phone number, your number, phone number please, whatsapp number,
your whatsapp, contact number, how can i contact you, how to contact you, anyone there, anybody there, is anyone there,
are you there, are you still there, hello anyone, are you a bot, is this a bot, reply please, please reply, pls reply,
answer me, please answer
"""
NOT_INTERESTED = f"""
not interested, not intrested, no longer interested, not intersted, im not interested, no thanks, no thank you, no thx,
no tnx, dont want it, dont want this, dont want that, dont want any, dont need it, dont need this, dont need any,
do not want it, do not need it, {_NOT} {{want to|wanna|like to|need to}} {_BUY}, {_NOT} {_BUY}, not buying,
not going to buy, wont buy, never mind, nevermind, already bought elsewhere, bought elsewhere, bought it elsewhere,
bought one elsewhere, found it cheaper, found another, found one elsewhere, stop messaging, stop texting, stop sending,
stop contacting, dont message me, dont contact me, do not contact, unsubscribe, remove me, leave me alone, opt out,
wrong number, pass on this, ill pass, i will pass
"""
GREETING = """
hello, helo, hellow, hi, hii, hiya, hey, heya, hey there, hi there, hello there, good morning, good afternoon,
good evening, goodmorning, gm, greetings, how are you, how r u, how are you doing, whats up, wassup, howdy, good day
"""
THANKS = """
thanks, thank you, thank u, thankyou, thx, thnx, tnx, thks, ty, many thanks, thanks a lot, thank you so much,
thank you very much, much appreciated, appreciate it, i appreciate, cheers, !thanks but
"""
ACKNOWLEDGE = """
ok, okay, okey, okk, alright, all right, sure, !not sure, !are you sure, !make sure, yes, yes please, yep, yeah, yup,
fine, sounds good, got it, noted, understood, deal, agreed, no problem, no worries, no rush, i see, perfect thanks
"""
LATER = """
maybe later, later on, not now, not right now, not at the moment, next month, next year, some other time, another time,
just looking, just browsing, only looking, just asking, only asking, just curious, just checking, when i get paid,
after payday, cant afford, can not afford, cannot afford, too expensive for me, out of my budget, over my budget,
ill come back later, i will come back later, get back to you
"""
URGENT = """
urgent, urgently, asap, as soon as possible, right now please, need it today, need it now, need it tomorrow,
need it tonight, need it by, need it before, i need it today, today please, in a hurry, rush order, emergency
"""
HESITANT = """
not sure, im not sure, unsure, let me think, ill think, i will think, think about it, need to think, have to think,
thinking about it, cant decide, can not decide, undecided, hesitating, hesitant, on the fence, im confused, im worried,
worried about, im afraid, afraid it, maybe later, ill let you know, i will let you know, get back to you,
ask my husband, ask my wife, ask my mom, ask my mum, second thoughts, what if it doesnt, what if it does not,
is it safe, is it trusted, can i trust, how do i know, is this legit, are you legit, legit, what do you recommend,
which do you recommend, what do you suggest
"""
SCARCITY = """
last one, last piece, last pieces, last few, last chance, any left, how many left, how many are left, only one left,
only a few left, is this one left, running out, run out, runs out, before it runs out, before they run out,
before it sells out, before its gone, before it is gone, sell out, sells out, selling fast, limited edition,
limited stock, limited offer, limited time, offer ends, offer end, sale ends, sale end, until when is the offer,
when does the offer end, when does the sale end, still on sale, dont want to miss, hurry, hold one for me,
back in stock, restock
"""
EMOTIONAL = """
love it, love this, love these, loved it, i love, in love, in love with, so beautiful, beautiful, so pretty, so cute,
cute, gorgeous, stunning, adorable, so lovely, lovely, obsessed, dream, my dream, dreaming of, dreamed of, amazing,
so nice, wow, omg, must have, need this in my life, as a gift, a gift for, gift for, birthday gift, for my mom,
for my mum, for my mother, for my wife, for my husband, for my girlfriend, for my boyfriend, for my daughter,
for my son, anniversary, surprise her, surprise him, makes me happy, so excited, excited
"""
VALUE = """
quality, good quality, high quality, best quality, how is the quality, whats the quality, durable, durability,
last long, lasts long, long lasting, will it last, how long does it last, worth it, worth the price, worth the money,
is it worth, value for money, good value, original, authentic, genuine, is it real, real leather, warranty, guarantee,
guaranteed, how long is the warranty, !guarantee delivery, well made, sturdy
"""
LOYAL = """
loyal customer, regular customer, long time customer, longtime customer, old customer, returning customer,
repeat customer, always buy from you, always buy from, always order from you, always shop with you,
buy from you all the time, been buying from you, been a customer, been shopping with you, customer for years,
your customer, love your shop, love your store, love your products, favourite shop, favorite shop, favourite store,
favorite store, my favourite brand, my favorite brand, trust you guys, i trust you, recommended you to,
told my friends, me again, its me again, as always
"""
LOGICAL = """
specs, specifications, specification, technical details, technical data, datasheet, data sheet, manual, the difference,
difference between, whats the difference, compare, compared to, comparison, which one is better, which is better,
better than, pros and cons, advantages, disadvantages, features, what are the features, how does it work, how it works,
reviews, review, ratings, test results, certificate, certified, certification, proof, why should i, exact dimensions,
exact size, exact measurements, in detail, efficiency, consumption, battery life, capacity, compatible, compatibility,
what is it made of, what material, made of
"""
BARGAIN = """
discount, discounts, any discount, discount code, promo, promo code, coupon, coupons, voucher, best price,
your best price, last price, final price, lower price, better price, match that, price match, match the price,
lower the price, reduce the price, cheaper, cheapest, cheaper elsewhere, cheaper one, for less, less than that,
too expensive, so expensive, very expensive, expensive, !not expensive, too much money, thats too much, special offer,
any offers, any offer, deal for two, if i take two, if i buy two, if i take more, if i buy more, buy one get one,
free shipping, free delivery, bargain, negotiable, negotiate, on sale, on a budget, budget
"""
RETURNING = """
ordered before, bought before, ordered from you, bought from you, purchased before, purchased from you,
last time i ordered, last time i bought, my last order, previous order, my previous order, second order, second time,
third time, order again, buy again, ordering again, buying again, same as last time, like last time,
returning customer, repeat customer, existing customer, already a customer, regular customer, i always buy,
i always order, reorder, re order, me again, old customer, loyal customer
"""
VIP = """
vip customer, vip client, vip member, im vip, i am vip, im a vip, gold member, platinum member, premium member,
premium customer, vip membership
"""
POSITIVE = """
!no thanks, !no thank you, !no thx, great, good, !is it good, !good for, !good price, !not good, !not so good,
!not that good, !good morning, !good afternoon, !good evening, !goodmorning, !good day, nice, !not nice, very good,
so good, excellent, perfect, amazing, awesome, wonderful, fantastic, love, love it, i love, loved, beautiful, pretty,
cute, gorgeous, stunning, lovely, happy, !not happy, satisfied, !not satisfied, pleased, recommend, highly recommend,
best quality, best shop, the best, !your best price, !the best price, thanks, thank you, thx, thank you so much,
appreciate it, cool, brilliant, superb, fast delivery, super fast, on time, friendly, helpful, impressed, well done,
great service, excited
"""
NEGATIVE = """
bad, !not bad, too bad, very bad, so bad, terrible, awful, disappointed, angry, upset, furious, annoyed, annoying,
frustrated, frustrating, unhappy, not happy, not satisfied, unsatisfied, dissatisfied, not good, not so good,
not that good, not nice, dont like, do not like, didnt like, did not like, hate, hate it, ugly, disgusting, ridiculous,
rude, useless, waste of money, waste of time, never again, regret, too expensive, so expensive, overpriced, sucks
"""
INTERESTED = """
interested, im interested, interested in, i like it, i like this, tell me more, looking for
"""
