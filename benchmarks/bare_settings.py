"""The project's settings, with one address more: the bare view to measure the endpoint against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare_urls"
