"""Finnish labels of reporting's audited actions: "muutti raporttia"."""

LABELS = {
    "action.forgotten": "poisti sovitut toimet säilytysajan päätyttyä",
    "figure.forgotten": "poisti muistin luovutetuista luvuista säilytysajan päätyttyä",
    "progress.read": "katsoi prosessin edistymistä",
    "report.added": "laati raportin",
    "report.changed": "muutti raporttia",
    "report.compiled": "laati raportin",
    "report.forgotten": "poisti raportin sisällön säilytysajan päätyttyä",
    "report.read": "luki raportin",
    "report.released": "luovutti raportin tilaajalle",
    "report.removed": "poisti raportin",
    "report.reviewed": "otti kantaa raporttiin",
    "report.withdrawn": "veti raportin takaisin",
    "report.worded": "kirjoitti raportin tekstin",
    "review.added": "otti kantaa raporttiin",
    "review.changed": "muutti kantaansa raporttiin",
    "review.forgotten": "poisti kannanotot raporttiin säilytysajan päätyttyä",
    "review.removed": "poisti kannanoton raporttiin",
    "schedule.added": "asetti raporttien aikataulun",
    "schedule.changed": "muutti raporttien aikataulua",
    "schedule.removed": "poisti raporttien aikataulun",
}
