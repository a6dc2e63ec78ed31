"""The peer django-appointment, in a Django of its own: bookings, and the free times of sixty days, as its pages ask.

Run by a Python that has it (see `bench.peers`), inside one process and without an HTTP server, which is to its
advantage. Prints one line of JSON: seconds and SQL statements of a booking, and of the sixty days.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

HOURS = range(9, 17)
DAYS = 60
TODAY = datetime.now(UTC).date()

urlpatterns: list[object] = []


def configure(address: str) -> None:
    url = urlsplit(address)
    settings.configure(
        SECRET_KEY="only-here",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF=__name__,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.path[1:],
                "USER": url.username,
                "PASSWORD": url.password,
                "HOST": url.hostname,
                "PORT": url.port,
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages", "staticfiles")),
            "phonenumber_field",
            "appointment",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        STATIC_URL="/static/",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    logging.disable(logging.CRITICAL)
    django.setup()
    urlpatterns.append(path("", include("appointment.urls")))
    for options in ({"app_label": "auth"}, {"run_syncdb": True}):  # the package brings no migrations of its own
        call_command("migrate", verbosity=0, **options)


def measured(bookings: int) -> dict[str, float]:
    from appointment.models import Service, StaffMember, WorkingHours
    from django.contrib.auth.models import User
    from django.test import Client

    service = Service.objects.create(name="Työnohjaus", duration=timedelta(hours=1), price=0)
    staff = StaffMember.objects.create(user=User.objects.create_user("maija", "maija@example.fi"), slot_duration=15)
    staff.services_offered.add(service)
    for weekday in range(7):
        WorkingHours.objects.create(staff_member=staff, day_of_week=weekday, start_time="09:00", end_time="17:00")
    browser = Client()
    browser.force_login(User.objects.create_user("anna", "anna@example.fi", first_name="Anna"))
    times = [(TODAY + timedelta(days=1 + day), hour) for day in range(700) for hour in HOURS]

    def book(day: date, hour: int) -> None:
        wanted = {"date": day, "start_time": f"{hour}:00", "end_time": f"{hour + 1}:00"}
        chosen = browser.post("/request-submit/", wanted | {"service": service.id, "staff_member": staff.id})
        who = {"name": "Anna", "email": "anna@example.fi", "phone_0": "FI", "phone_1": "401234567", "address": "x"}
        who["payment_type"] = "full"
        done = browser.post(chosen.url, who)
        if done.status_code != 302:
            raise RuntimeError(f"It was not booked: {done.status_code}.")

    def look() -> None:
        for day in range(1, DAYS + 1):
            wanted = {"selected_date": TODAY + timedelta(days=day), "staff_member": staff.id}
            browser.get("/ajax/available_slots/", wanted, headers={"X-Requested-With": "XMLHttpRequest"})

    for day, hour in times[:10]:
        book(day, hour)

    def book_all() -> None:
        for day, hour in times[11 : 11 + bookings]:
            book(day, hour)

    return {
        "booking_seconds": timed(book_all) / bookings,
        "booking_statements": statements(lambda: book(*times[10])),
        "slots_seconds": timed(look),
        "slots_statements": statements(look),
    }


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def statements(work: Callable[[], object]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


if __name__ == "__main__":
    configure(sys.argv[1])
    print(json.dumps(measured(int(sys.argv[2]))))
