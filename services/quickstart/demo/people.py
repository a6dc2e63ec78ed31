"""Who is in the demo's story: people and addresses that nobody has, their goals, and what they answered."""

from collections.abc import Mapping
from datetime import time
from typing import NamedTuple

from services.events.catalogue import Form, Phase

PLACE = "Työhuone, Puistokatu 4, Jyväskylä"

PRACTICE = {
    "name": "Työnohjaus Havu",
    "accent": "#1f5d55",
    "introduction": "Tilaa ajatella työtä rauhassa, yhdessä ulkopuolisen kanssa. Jyväskylässä ja etänä koko maassa.",
    "offer": (
        "Kartoittava keskustelu 45 min: maksuton\n"
        "Yksilötyönohjaus 60 min: 120 €\n"
        "Tiimi tai työyhteisö 120 min: 290 €\n"
        "Ryhmätyönohjaus 120 min: 65 € osallistujalta"
    ),
    "privacy_additions": "Kirjanpidosta vastaa tilitoimisto, joka näkee vain laskut.",
}
INTRODUCTION = (
    "Olen ohjannut sosiaali- ja terveysalan sekä kasvatuksen ammattilaisia viidentoista vuoden ajan. Minulle tärkeintä "
    "on, että työstä voi puhua niin kuin se on.\n\n"
    "Työskentelen rauhassa ja ratkaisuja etsien: katsomme, mikä työssä on juuri nyt tärkeää, ja mitä siitä voi oppia. "
    "Tapaamme Jyväskylän keskustassa tai etänä."
)


class Person(NamedTuple):
    first_name: str
    last_name: str
    email: str


class Client(NamedTuple):
    kind: str
    name: str
    contact: Person
    payer_type: str = "business"


class Goal(NamedTuple):
    """A goal; its levels are described from −2 to +2."""

    title: str
    importance: int
    baseline: int
    benefit: str
    levels: tuple[str, str, str, str, str]


class GivenAnswer(NamedTuple):
    """One answer: levels in the order of the goals, agreement in the order of the benefits. None says nothing."""

    levels: tuple[int | None, ...] = ()
    benefits: tuple[int | None, ...] = ()
    comment: str = ""


Round = tuple[GivenAnswer | None, ...]
"""What each has said, in the order of the people; None did not answer."""


class Absence(NamedTuple):
    """Who was not at which meeting, the first one being 1; without notice or with."""

    meeting: int
    person: int
    excused: bool


class Summary(NamedTuple):
    themes: tuple[str, ...]
    actions: tuple[str, ...] = ()
    reflection: str | None = None


class Case(NamedTuple):
    """One process: who has agreed on what, and how it went."""

    client: Client
    form: Form
    title: str
    people: tuple[Person, ...]
    planned: int
    minutes: int
    at: time
    goals: tuple[Goal, ...] = ()
    benefits: tuple[str, ...] = ()
    rounds: Mapping[Phase, Round] = {}
    agreed: Mapping[Phase, tuple[int | None, ...]] = {}
    """The levels that the group agreed together, beside what each has said."""
    absences: tuple[Absence, ...] = ()
    summaries: tuple[Summary, ...] = ()
    words: str = ""
    """What a client report tells in words, because the participants approved it."""
    session_feedback: bool = False


def _people(domain: str, *names: str) -> tuple[Person, ...]:
    return tuple(_person(name, domain) for name in names)


def _person(name: str, domain: str) -> Person:
    first_name, last_name = name.split()
    address = f"{first_name}.{last_name}@{domain}.example".lower().translate(str.maketrans("äöå", "aoa"))
    return Person(first_name, last_name, address)


HELENA = Person("Helena", "Aaltola", "helena.aaltola@tyonohjaus.example")
TUULA = _person("Tuula Rantanen", "kunta")
MARJA = _person("Marja Kettunen", "palvelut")
JARI = _person("Jari Lehto", "saatio")
ANNELI = _person("Anneli Hiltunen", "hyvinvointi")
OUTI = _person("Outi Karhu", "paivakoti")
RIIKKA = _person("Riikka Toivonen", "koulu")

HOME_CARE = Case(
    client=Client("organisation", "Esimerkkikunta, kotihoito", TUULA),
    form=Form.team,
    title="Kotihoidon tiimin työnohjaus",
    people=_people("kunta", "Aino Koskela", "Eero Nurmi", "Liisa Salo", "Petri Ahonen", "Saara Heino"),
    planned=10,
    minutes=120,
    at=time(9),
    goals=(
        Goal(
            "Päivän työt jaetaan yhdessä",
            importance=3,
            baseline=-1,
            benefit="role_clarity",
            levels=(
                "Töiden jaosta ei puhuta yhdessä.",
                "Töiden jaosta puhutaan yhdessä noin kerran viikossa.",
                "Työt jaetaan aamulla yhdessä kolmena päivänä viikossa prosessin loppuun mennessä.",
                "Työt jaetaan aamulla yhdessä neljänä päivänä viikossa.",
                "Työt jaetaan aamulla yhdessä joka arkipäivä.",
            ),
        ),
        Goal(
            "Vaikeista tilanteista puhutaan tiimissä",
            importance=2,
            baseline=-1,
            benefit="cooperation",
            levels=(
                "Vaikeista tilanteista ei puhuta tiimissä.",
                "Yksi tai kaksi ottaa vaikean tilanteen puheeksi kuukauden aikana.",
                "Kolme tiimin jäsentä ottaa vaikean tilanteen puheeksi kuukausittain prosessin loppuun mennessä.",
                "Neljä tiimin jäsentä ottaa vaikean tilanteen puheeksi kuukausittain.",
                "Jokainen ottaa vaikean tilanteen puheeksi kuukausittain.",
            ),
        ),
        Goal(
            "Työpäivään mahtuu tauko",
            importance=1,
            baseline=-2,
            benefit="workflow",
            levels=(
                "Ruokatauko jää pitämättä useimpina päivinä.",
                "Ruokatauko pidetään noin joka toinen päivä.",
                "Ruokatauko pidetään neljänä päivänä viidestä prosessin loppuun mennessä.",
                "Ruokatauko pidetään joka päivä.",
                "Ruokatauko ja kahvitauko pidetään joka päivä.",
            ),
        ),
    ),
    benefits=("goal_clarity", "role_clarity", "workflow", "cooperation", "peer_learning"),
    rounds={
        Phase.start: (
            GivenAnswer(benefits=(3, 2, 2, 3, 4)),
            GivenAnswer(benefits=(2, 2, 3, 3, 3)),
            GivenAnswer(benefits=(3, 3, 2, 2, 3)),
            GivenAnswer(benefits=(4, 3, 1, 3, 4)),
            GivenAnswer(benefits=(3, 2, 2, 4, 3), comment="Odotan eniten sitä, että puhumme työn jakamisesta."),
        ),
        Phase.mid: (
            GivenAnswer((0, -1, -2), (3, 3, 2, 3, 4)),
            GivenAnswer((-1, 0, -1), (3, 3, 3, 4, None)),
            GivenAnswer((0, 0, -1), (4, 3, 2, 3, 4)),
            GivenAnswer((0, -1, None), (4, 4, 2, 3, 5), "Tauoista en osaa sanoa, koska teen iltavuoroa."),
            GivenAnswer((-1, 0, -2), (3, 3, 3, 4, 4)),
        ),
        Phase.final: (
            GivenAnswer((0, 1, -1), (4, 4, 3, 4, 5)),
            GivenAnswer((1, 1, -1), (4, 4, 3, 5, 4)),
            GivenAnswer((0, 2, 0), (5, 4, 3, 4, 4)),
            GivenAnswer((0, 1, -1), (4, 5, 2, 4, 5)),
            GivenAnswer((1, 0, -2), (4, 4, 4, 5, 4), "Aamun yhteinen hetki on jäänyt meille tavaksi."),
        ),
    },
    agreed={Phase.final: (0, None, None)},
    absences=(Absence(3, 3, excused=True), Absence(6, 1, excused=False), Absence(9, 0, excused=True)),
    summaries=(
        Summary(("Mistä työnohjaus syntyi", "Yhteiset tavoitteet"), ("Jokainen seuraa viikon ajan taukojaan",)),
        Summary(("Aamun työnjako",), ("Kokeillaan yhteistä vartin aamuhetkeä",), "Mikä aamussa jo toimii?"),
        Summary(("Aamuhetken kokemukset", "Sijaisten perehdytys"), ("Kirjataan sijaisen ensimmäinen päivä",)),
        Summary(("Vaikeat tilanteet: miten ne tulevat puheeksi",), (), "Keneltä olen saanut apua?"),
        Summary(("Väliarviointiin valmistautuminen", "Tauot")),
        Summary(("Väliarvioinnin tulokset",), ("Taukovuorot merkitään työvuorolistaan",)),
        Summary(("Esimerkki vaikeasta tilanteesta",), (), "Mitä olisin tarvinnut muilta?"),
        Summary(("Taukovuorojen kokemukset", "Iltavuoron tilanne"), ("Iltavuoro kokeilee omaa taukoaan",)),
        Summary(("Mitä olemme oppineet toisiltamme",)),
        Summary(("Työnohjauksen päätös", "Mitä jatkamme itse"), ("Aamuhetki pidetään myös kesällä",)),
    ),
    session_feedback=True,
)

SERVICE_GUIDES = Case(
    client=Client("organisation", "Esimerkkipalvelut Oy", MARJA),
    form=Form.group,
    title="Palveluohjaajien työnohjausryhmä",
    people=_people("palvelut", "Iida Laine", "Kalle Virta", "Maija Niemi", "Olli Peltola", "Ulla Harju"),
    planned=3,
    minutes=75,
    at=time(13),
    goals=(
        Goal(
            "Asiakkaan asia etenee yhdellä yhteydenotolla",
            importance=2,
            baseline=-1,
            benefit="workflow",
            levels=(
                "Asiakas ottaa yhteyttä yleensä neljä kertaa tai useammin.",
                "Asiakas ottaa yhteyttä yleensä kolme kertaa.",
                "Asiakas ottaa yhteyttä yleensä kaksi kertaa ryhmän loppuun mennessä.",
                "Useimmat asiat etenevät yhdellä yhteydenotolla.",
                "Kaikki tavalliset asiat etenevät yhdellä yhteydenotolla.",
            ),
        ),
        Goal(
            "Ryhmän jäsenet kysyvät toisiltaan neuvoa",
            importance=1,
            baseline=-2,
            benefit="peer_learning",
            levels=(
                "Neuvoa ei kysytä muilta.",
                "Neuvoa kysytään noin kerran kuukaudessa.",
                "Neuvoa kysytään joka viikko ryhmän loppuun mennessä.",
                "Neuvoa kysytään useita kertoja viikossa.",
                "Neuvoa kysytään päivittäin.",
            ),
        ),
    ),
    rounds={
        Phase.start: (
            GivenAnswer(benefits=(2, 3)),
            GivenAnswer(benefits=(3, 3)),
            GivenAnswer(benefits=(3, 2)),
            GivenAnswer(benefits=(2, 4)),
            None,
        ),
        Phase.mid: (
            GivenAnswer((0, 0), (3, 3)),
            GivenAnswer((-1, 0), (3, 4)),
            GivenAnswer((0, -1), (4, 3)),
            GivenAnswer((0, 0), (3, 4)),
            None,
        ),
        Phase.final: (
            GivenAnswer((1, 0), (4, 4)),
            GivenAnswer((0, 1), (4, 4)),
            GivenAnswer((1, 0), (4, 3)),
            GivenAnswer((0, 0), (4, 5)),
            None,
        ),
    },
    summaries=(
        Summary(("Ryhmän säännöt", "Yhteiset tavoitteet")),
        Summary(("Hyvä ensimmäinen puhelu",), ("Jokainen tuo yhden esimerkin",)),
        Summary(("Ryhmän päätös",)),
    ),
    words=(
        "Ryhmä kävi läpi, miten asiakkaan asia etenee mahdollisimman vähin yhteydenotoin.\n"
        "Osallistujat kokivat saaneensa toisiltaan käytännön neuvoja ja jatkavat neuvonpitoa keskenään."
    ),
)

MANAGER = Case(
    client=Client("person", "Jari Lehto", JARI, payer_type="consumer"),
    form=Form.individual,
    title="Esihenkilön työnohjaus",
    people=(JARI,),
    planned=5,
    minutes=60,
    at=time(14, 30),
    goals=(
        Goal(
            "Viikkoon jää aikaa johtamiselle",
            importance=3,
            baseline=-2,
            benefit="leadership",
            levels=(
                "Johtamiselle ei jää varattua aikaa.",
                "Johtamiselle jää yksi varattu tunti viikossa.",
                "Johtamiselle jää kaksi varattua tuntia viikossa prosessin loppuun mennessä.",
                "Johtamiselle jää kolme varattua tuntia viikossa.",
                "Johtamiselle jää kokonainen päivä viikossa.",
            ),
        ),
        Goal(
            "Palautetta annetaan ajallaan",
            importance=1,
            baseline=-1,
            benefit="professional_identity",
            levels=(
                "Palaute jää antamatta.",
                "Palaute annetaan yleensä viikkojen päästä.",
                "Palaute annetaan viikon kuluessa prosessin loppuun mennessä.",
                "Palaute annetaan kahden päivän kuluessa.",
                "Palaute annetaan samana päivänä.",
            ),
        ),
    ),
    benefits=("role_clarity", "workflow", "professional_identity"),
    rounds={Phase.start: (GivenAnswer(benefits=(3, 2, 3)),), Phase.mid: (GivenAnswer((-1, 0), (3, 3, 4)),)},
    summaries=(
        Summary(("Oma tehtävä ja sen rajat",), ("Seuraan kalenterista, mihin viikko menee",)),
        Summary(("Kalenterin havainnot",), ("Varaan perjantaiaamun johtamiselle",)),
        Summary(("Väliarviointi", "Vaikea palautekeskustelu")),
    ),
)

NURSES = Case(
    client=Client("organisation", "Esimerkkilän hyvinvointialue", ANNELI),
    form=Form.pair,
    title="Työparin työnohjaus",
    people=_people("hyvinvointi", "Noora Lindroos", "Ville Saari"),
    planned=4,
    minutes=75,
    at=time(11, 15),
    goals=(
        Goal(
            "Vastuut sovitaan ennen asiakastapaamista",
            importance=2,
            baseline=-1,
            benefit="role_clarity",
            levels=(
                "Vastuista ei puhuta ennen tapaamista.",
                "Vastuista sovitaan joka toisen tapaamisen edellä.",
                "Vastuista sovitaan lähes aina ennen tapaamista prosessin loppuun mennessä.",
                "Vastuista sovitaan aina ennen tapaamista.",
                "Vastuut sovitaan aina ja kirjataan molempien nähtäville.",
            ),
        ),
    ),
    rounds={
        Phase.start: (GivenAnswer(benefits=(3,)), GivenAnswer(benefits=(2,))),
        Phase.mid: (GivenAnswer((0,), (4,)), None),
    },
    summaries=(Summary(("Työparin tavoitteet",), ("Kokeillaan viiden minuutin sopimista",)),),
)

DAY_CARE = Case(
    client=Client("organisation", "Esimerkkilän päiväkoti", OUTI),
    form=Form.community,
    title="Päiväkodin työyhteisön työnohjaus",
    people=_people("paivakoti", "Elina Mattila", "Hanna Koivu", "Janne Rinne", "Kaisa Lampi", "Timo Aro"),
    planned=3,
    minutes=120,
    at=time(9),
)

LOGINS = {
    HELENA.email: "the supervisor",
    TUULA.email: "a client: its report was released",
    JARI.email: "a client who is the participant as well",
}
"""Who can see something after logging in."""
