"""JUnit XML: a case for each gate and for each figure that was compared."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from apexload.baseline import UNKNOWN, WORSE
from apexload.figures import shown
from apexload.gates import Judged
from apexload.report.verdict import Verdict


def limit_of(one: Judged) -> str:
    return f"{'at least' if one.gate.at_least else 'at most'} {shown(one.gate.limit, one.gate.unit)}"


def document(verdict: Verdict) -> str:
    result = verdict.result
    suites = Element("testsuites")
    gates = SubElement(suites, "testsuite", name=f"apex-mock load {result.scenario}")
    gates.set("timestamp", result.started)
    gates.set("time", f"{result.seconds:.3f}")
    for one in verdict.judged:
        case = SubElement(gates, "testcase", classname=f"load.{result.scenario}", name=one.gate.name)
        measured = f"measured {shown(one.measured, one.gate.unit)}, wanted {limit_of(one)}"
        if not one.passed:
            SubElement(case, "failure", message=f"{measured}. {one.why}".rstrip(". "))
        else:
            SubElement(case, "system-out").text = measured
    for figure in verdict.compared:
        case = SubElement(gates, "testcase", classname=f"load.{result.scenario}.baseline", name=figure.name)
        said = (
            f"{shown(figure.old, figure.unit)} to {shown(figure.new, figure.unit)}, {figure.changed}"
            f" (99 %: {figure.interval}): {figure.verdict}"
        )
        if figure.verdict == WORSE:
            SubElement(case, "failure", message=said)
        elif figure.verdict == UNKNOWN:
            SubElement(case, "skipped", message=said)
        else:
            SubElement(case, "system-out").text = said
    cases = gates.findall("testcase")
    for element in (suites, gates):
        element.set("tests", str(len(cases)))
        element.set("failures", str(len(gates.findall("testcase/failure"))))
        element.set("skipped", str(len(gates.findall("testcase/skipped"))))
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"
