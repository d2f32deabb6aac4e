"""A compact SVG is the same picture: numbers are rounded within tags only, and definitions keep their names."""

from __future__ import annotations

from bench.report.drawing.compact import compact

SVG = """<?xml version="1.0"?>
<!DOCTYPE svg>
<svg width="10pt">
 <metadata>
  <a>x</a>
 </metadata>
 <g id="line2d_1">
  <defs>
   <path id="m0" d="M 1.23456 -0.0001
L 2.5 3.999
"/>
  </defs>
  <text x="1.00049">a  1.23456
b</text>
  <use xlink:href="#m0"/>
 </g>
</svg>
"""


def test_only_what_nobody_sees_is_left_out() -> None:
    assert compact(SVG) == (
        '<svg width="10pt"><g><defs><path id="m0" d="M 1.23 0 L 2.5 4 "/></defs><text x="1">a  1.23456\nb</text>'
        '<use xlink:href="#m0"/></g></svg>'
    )
