"""Reports for machines: JSON, and JUnit XML as CI systems read it."""

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import orjson

from ..results import Outcome
from .model import Report
from .parity import Parity

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(report: Report | Parity) -> bytes:
    return orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2) + b"\n"


def as_junit(*reports: Report) -> bytes:
    """A suite for each report, a case for each clause and transport."""
    root = Xml.Element("testsuites", name="the Apex contract")
    for report in reports:
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=_clean(report.target),
            timestamp=report.at.isoformat(timespec="seconds"),
            time=f"{report.seconds:.3f}",
            tests=str(len(report.results)),
            failures=str(report.counts[Outcome.BROKEN]),
            errors="0",
            skipped=str(len(report.results) - report.ran),
        )
        for result in report.results:
            case = Xml.SubElement(
                suite,
                "testcase",
                classname=f"{result.operation}.{result.transport}",
                name=f"{result.clause} {_clean(result.sentence)}",
                time=f"{result.seconds:.4f}",
            )
            if result.outcome is Outcome.BROKEN:
                message = f"{result.what}: expected {result.expected}, got {result.got}"
                failure = Xml.SubElement(case, "failure", type="clause", message=_clean(message))
                failure.text = _clean(result.difference)
            elif result.outcome is not Outcome.HOLDS:
                Xml.SubElement(case, "skipped", message=_clean(f"{result.outcome}: {result.reason}"))
            if result.left_behind:
                Xml.SubElement(case, "system-err").text = _clean("left behind: " + "\n".join(result.left_behind))
    Xml.indent(root)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _clean(text: str) -> str:
    """What XML can hold: a target may have answered with control characters."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
