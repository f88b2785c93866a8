"""Emoji, and words that tell a little by themselves and nothing beside clearer ones."""

ORDER = """
عايز, عايزة, عاوز, عاوزة, اريد, ابغى, اوردر, !عايز اعرف, !عايزة اعرف, !عاوز اعرف, !عاوزة اعرف, !عايز اسال, !عايزة اسال,
!اريد ان اعرف, !اريد معرفة, !مش عايز, !مش عايزة, !مش عاوز, !مش عاوزة, 3ayez, 3ayz, 3ayza, 3awez, 3awz, 3awza,
!3ayez a3raf, !3ayz a3raf, !3ayza a3raf, i want, i need, i would like, id like, !i want to know, !i want to ask,
!i need to know, !i need help, !i would like to know, !id like to know, !id like to ask, quero, queria, gostaria,
!quero saber, !queria saber, !gostaria de saber, !não quero, !nao quero, !n quero, 🛒, 🛍
"""
THANKS = "🙏, 💐, 🌹"
GREETING = "👋, hi, hello, hola, salam"
ACKNOWLEDGE = "👍, 👌, ✅, ok, oki"
POSITIVE = "❤, ♥, 😍, 🥰, 😘, 💕, 💖, 💗, 💜, 💙, 💚, 💛, 🧡, 🖤, 🤍, 👍, 👏, 😊, 😀, 😃, 😄, 😁, ☺, 🤩, 😻, 🔥, 💯, 🎉, 👌, 🌹, 🙏"
NEGATIVE = "😡, 😠, 🤬, 👎, 😤, 💔, 😞, 😒, 😢, 😭, 🤮, 🤢, 😔, 😣, 😖, 🖕"
EMOTIONAL = "😍, 🥰, 😘, ❤, ♥, 💕, 💖, 💗, 🤩, 😻, 🎁"
HESITANT = "🤔, 😕, 🤷"
