"""A local stand-in of the platforms' APIs, to try replies with and to test sending against.

It takes what the platforms take, checks it as their documentation says, reports back to the running server as they do, and
misbehaves when told to. What a platform does with one request is a small function in a table of routes: see `routing`.
"""
