"""Finnish labels of the notifier's audited actions: "muutti muistutuksiaan"."""

LABELS = {
    "message.emptied": "poisti lähetettyjen viestien tekstit säilytysajan päätyttyä",
    "message.forgotten": "poisti tiedot lähetetyistä viesteistä säilytysajan päätyttyä",
    "message.read": "katsoi lähetetyn viestin",
    "message.resent": "lähetti viestin uudelleen",
    "preference.added": "valitsi muistutuksensa",
    "preference.changed": "muutti muistutuksiaan",
    "preference.removed": "poisti muistutusvalinnat",
}
