"""What every worker of ours does with its tasks."""

import gc
import signal

from celery.signals import celeryd_after_setup

from services.events import bus


def left() -> float:
    """Seconds until the kernel ends this process; 0 when it will not."""
    return signal.getitimer(signal.ITIMER_REAL)[0]


def test_a_task_runs_under_an_alarm_and_nothing_is_left_of_one_that_is_done() -> None:
    app = bus.worker_app("bus", "redis://127.0.0.1:1/0", include=[])
    during: list[float] = []

    def look() -> None:
        during.append(left())

    app.task(name="look", shared=False)(look).apply(throw=True)

    assert [bus.HUNG_SECONDS - 5 < seconds <= bus.HUNG_SECONDS for seconds in during] == [True]
    assert left() == 0
    assert app.conf.task_time_limit is None


def test_what_is_there_before_the_pool_forks_is_not_looked_through_for_garbage_by_each_process() -> None:
    bus.worker_app("bus", "redis://127.0.0.1:1/0", include=[])
    gc.unfreeze()  # a service that was started in this process has frozen what was there
    try:
        celeryd_after_setup.send(sender=None, instance=None, conf=None)
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
