"""People pasted from wherever they stand in lines."""

import pytest

from services.booking.pages.supervisor.processes.pasted_people import read_people

AINO = ("Aino", "Mäkelä", "aino@kunta.fi", "")
AT_WORK = (*AINO[:3], "Kuusamon kaupunki")


@pytest.mark.parametrize(
    ("line", "person"),
    [
        ("Aino Mäkelä\taino@kunta.fi\tKuusamon kaupunki", AT_WORK),
        ("Aino\tMäkelä\taino@kunta.fi\tKuusamon kaupunki", AT_WORK),
        ("Aino;Mäkelä;aino@kunta.fi;Kuusamon kaupunki", AT_WORK),
        ("Aino,Mäkelä,aino@kunta.fi,Kuusamon kaupunki", AT_WORK),
        ("Aino Mäkelä, aino@kunta.fi, Kuusamon kaupunki", AT_WORK),
        ("  Aino   Mäkelä  aino@kunta.fi  ", AINO),
        ("Mäkelä, Aino\taino@kunta.fi", AINO),
        ("Aino Mäkelä <aino@kunta.fi>;", AINO),
        ('"Aino Mäkelä" <aino@kunta.fi>,', AINO),
        ("Anna Maria Virtanen\ta@b.fi", ("Anna Maria", "Virtanen", "a@b.fi", "")),
        ("Otto von Essen\ta@b.fi", ("Otto", "von Essen", "a@b.fi", "")),
        ("aino@kunta.fi", ("", "", "aino@kunta.fi", "")),
        ("Aino Mäkelä\t\tKuusamon kaupunki", ("Aino", "Mäkelä", "", "Kuusamon kaupunki")),
        ("Aino", ("Aino", "", "", "")),
    ],
)
def test_a_line_is_read_by_its_address(line: str, person: tuple[str, ...]) -> None:
    assert [tuple(found.values()) for found in read_people(line)] == [person]


def test_columns_that_say_their_names_are_read_by_them() -> None:
    header, line = (
        "Sukunimi\tEtunimi\tHuone\tSähköposti\tTyöpaikka",
        "Mäkelä\tAino\t12\taino@kunta.fi\tKuusamon kaupunki",
    )
    pasted = f"{header}\r\n{line}\r\n\r\nÖhman\tBerit"

    aino, berit = read_people(pasted)

    assert (aino["first_name"], aino["last_name"], aino["email"], aino["employer"]) == AT_WORK
    assert (berit["first_name"], berit["last_name"], berit["email"], berit["employer"]) == ("Berit", "Öhman", "", "")


def test_nothing_is_nobody() -> None:
    assert read_people("\n \t\r\n") == []
