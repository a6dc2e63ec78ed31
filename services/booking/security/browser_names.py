"""What a browser is called in lists, such as ”Firefox, Windows”: by what it says of itself, in our own words only."""

FAMILIES = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
"""In this order: most browsers say that they are several others, too."""


def browser_name(user_agent: str) -> str:
    """Empty when nothing of it is known."""
    found = (_first(FAMILIES, user_agent), _first(SYSTEMS, user_agent))
    return ", ".join(part for part in found if part)


def _first(names: dict[str, str], user_agent: str) -> str | None:
    return next((name for sign, name in names.items() if sign in user_agent), None)
