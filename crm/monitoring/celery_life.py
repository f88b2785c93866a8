"""Signs of life of Celery's processes. The settings name both classes here."""

from typing import Any

from celery import bootsteps
from django_celery_beat.schedulers import DatabaseScheduler

from crm.monitoring.heartbeats import BEAT, WORKER, Heart, keep_marking


class WorkerLife(bootsteps.StartStopStep):  # type: ignore[misc]  # the package has no types
    """Leaves a worker's signs of life while it runs."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.heart: Heart | None = None

    def start(self, parent: Any) -> None:
        self.heart = keep_marking(WORKER)

    def stop(self, parent: Any) -> None:
        if self.heart is not None:
            self.heart.stop()

    terminate = stop


class SeenScheduler(DatabaseScheduler):  # type: ignore[misc]  # the package has no types
    """The schedule in the database; each look at it is a sign of beat's life."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.heart = Heart()
        super().__init__(*args, **options)
        if not options.get("lazy"):  # beat makes one only to ask for its schedule
            self.heart.start()

    def tick(self, *args: Any, **options: Any) -> Any:
        self.heart.mark(BEAT)
        return super().tick(*args, **options)

    def close(self) -> None:
        super().close()
        self.heart.stop()
