"""The results as JUnit XML, which CI servers read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from driver_monitor.bench.out_file import write_text
from driver_monitor.bench.protocol.outcome import Outcome


def write_junit(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write one test suite a protocol, one test a case."""
    suites = Xml.Element("testsuites")
    for protocol in sorted({o.protocol for o in outcomes}):
        mine = [o for o in outcomes if o.protocol == protocol]
        suite = Xml.SubElement(
            suites,
            "testsuite",
            name=protocol,
            tests=str(len(mine)),
            failures=str(sum(not o.passed and o.error is None for o in mine)),
            errors=str(sum(o.error is not None for o in mine)),
            time=f"{sum(o.wall_s for o in mine):.3f}",
        )
        for o in mine:
            test = Xml.SubElement(suite, "testcase", classname=f"{protocol}.{o.level}", name=o.name, time=f"{o.wall_s:.3f}")
            if not o.passed:
                fault = Xml.SubElement(test, "error" if o.error else "failure", message="; ".join(o.faults))
                fault.text = f"rule: {o.rule}\nsource: {o.source}"
    Xml.indent(suites)
    write_text(path, Xml.tostring(suites, encoding="utf-8", xml_declaration=True).decode())
