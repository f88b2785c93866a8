"""From the id of a filled-in lead form to who filled it in and what they answered.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
"""
