"""The webhook endpoint against a bare view, on one server with the same settings, in turns."""

from statistics import median

from benchmarks.bodies import SECRET, http_request, message_body
from benchmarks.load import load
from benchmarks.servers import free_port, web

REQUESTS = 4_000
ROUNDS = 5


def run() -> dict[str, float]:
    """Return requests a second of one worker each, the median of ratios, and what two workers reach."""
    from crm.models import Channel

    channel = Channel.objects.create(
        platform="messenger", slug="bench", name="Bench", external_id="999", credentials={"app_secret": [SECRET]}
    )
    paths = {"endpoint": "/webhooks/bench/", "bare": f"/webhooks/bare/{channel.id}/"}
    rates: dict[str, list[float]] = {"endpoint": [], "bare": []}
    port, number = free_port(), 0
    with web(port, settings="benchmarks.bare_settings"):
        for round_number in range(ROUNDS + 1):
            for name, path in paths.items():
                requests = [http_request(path, message_body("999", number + n)) for n in range(REQUESTS)]
                number += REQUESTS
                rate, _ = load(port, requests)
                if round_number:  # the first warms up
                    rates[name].append(rate)
    port = free_port()
    with web(port, workers=2):
        requests = [http_request(paths["endpoint"], message_body("999", number + n)) for n in range(3 * REQUESTS)]
        load(port, requests[:REQUESTS])
        both, _ = load(port, requests[REQUESTS:])
    ratio = median(ours / bare for ours, bare in zip(rates["endpoint"], rates["bare"], strict=True))
    return {
        "endpoint requests/s, 1 worker": median(rates["endpoint"]),
        "bare view requests/s, 1 worker": median(rates["bare"]),
        "endpoint / bare": ratio,
        "endpoint requests/s, 2 workers": both,
    }
