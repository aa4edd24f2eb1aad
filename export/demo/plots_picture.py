"""The curves of a report as one picture without any photograph: how docs/report-plots.svg is made.

python -m export.demo.plots_picture demo-output/report/report.html docs/report-plots.svg
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

from edge.errors import DemoError

EMBEDDED = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
SIZE = re.compile(r'<svg\b[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', re.DOTALL)
GAP = 12.0
Curve = tuple[str, float, float]


def plots_picture(report: str) -> str:
    """Puts the curves of a report, an HTML text, into one SVG text: the histogram above, two curves below.

    Raises:
        DemoError: the report does not have three curves.
    """
    curves = [_parsed(base64.b64decode(found).decode()) for found in EMBEDDED.findall(report)]
    if len(curves) != 3:
        raise DemoError(
            f"the report has {len(curves)} curves, not 3", hint="evaluate with good and defective parts"
        )
    histogram, left, right = curves
    width = max(histogram[1], left[1] + GAP + right[1])
    height = histogram[2] + GAP + max(left[2], right[2])
    below = histogram[2] + GAP
    placed = [_placed(histogram, 0, 0), _placed(left, 0, below), _placed(right, width - right[1], below)]
    view = f"{-GAP:g} {-GAP:g} {width + 2 * GAP:g} {height + 2 * GAP:g}"
    paper = f'<rect x="{-GAP:g}" y="{-GAP:g}" width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">\n{paper}\n{"".join(placed)}</svg>\n'


def _parsed(svg: str) -> Curve:
    """The picture's inside without its outermost element, its width and its height."""
    opening = SIZE.search(svg)
    if opening is None:
        raise DemoError("a curve of the report has no size")
    inside = svg[opening.end() : svg.rindex("</svg>")]
    return re.sub(r"<metadata>.*?</metadata>", "", inside, flags=re.DOTALL), float(opening[1]), float(opening[2])


def _placed(curve: Curve, x: float, y: float) -> str:
    inside, width, height = curve
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}">{inside}</svg>\n'


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(plots_picture(source.read_text(encoding="utf-8")), encoding="utf-8")
