"""What a browser brings along in which somebody has logged in, without going through booking's pages."""

from services.web.security.login_cookie import signed_login
from services.web.security.tokens import Principal

LATELY = 4e9
"""When somebody showed who they are, whatever day it is in the practice."""


def login_cookies(
    signing_key: str, who: Principal, name: str = "Maija Meikäläinen", proved_at: float = LATELY
) -> dict[str, str]:
    """Over HTTPS."""
    return {"__Host-istunto": signed_login(signing_key, f"secret of {who.credential}", who, name, proved_at)}
