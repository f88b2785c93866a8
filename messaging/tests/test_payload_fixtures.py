"""Each payload fixture through its adapter, against the events written down beside it."""

from pathlib import Path

import pytest

from messaging.channels import ADAPTERS, Received
from messaging.channels.vocabulary import as_vocabulary
from messaging.tests.event_shapes import assert_well_formed
from messaging.tests.payload_files import expectation_files, expectation_of, expected_events, payload_files

FIXTURES = [
    pytest.param(platform, file, id=f"{platform}/{file.name}")
    for platform in ADAPTERS
    for file in payload_files(platform)
]


@pytest.mark.parametrize(("platform", "payload"), FIXTURES)
def test_it_reads_the_events_of_the_payload(platform: str, payload: Path) -> None:
    events = ADAPTERS[platform].parse(Received(body=payload.read_bytes()))
    assert_well_formed(events, payload.name)
    assert [as_vocabulary(event) for event in events] == expected_events(payload)


def test_each_payload_has_an_expectation_and_each_expectation_a_payload() -> None:
    payloads = payload_files()
    assert {expectation_of(file) for file in payloads} == set(expectation_files())
    assert len({expectation_of(file) for file in payloads}) == len(payloads)


def test_each_payload_belongs_to_a_platform_and_each_platform_has_payloads() -> None:
    assert {file.parent.name for file in payload_files()} == set(ADAPTERS)
    assert {file.suffix for file in payload_files()} <= {".json", ".form"}
