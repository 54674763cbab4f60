"""Pictures inside a page: drawn by ``alliance_sim.plots``, cleaned, and described in words."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup

from alliance_sim.plots import style
from alliance_sim.report.words import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 300_000
"""Characters beyond which a picture goes into the page as PNG: browsers slow down."""
SALT = "alliance_sim"
"""Makes the ids in a picture the same every time it is drawn."""
_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_TAGS = frozenset({"svg", "g", "defs", "path", "use", "clipPath", "rect", "image", "pattern"})
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True)
class Picture:
    """A picture as markup, and what it shows."""

    markup: Markup
    caption: str


class Album:
    """Makes pictures for one page, each with ids of its own."""

    def __init__(self) -> None:
        """Start with no picture."""
        self.number = 0

    @style.styled
    def picture(self, drawn: Axes | Figure, alt: str, caption: str) -> Picture:
        """A drawn picture as SVG, or as PNG where that would be too large.

        Args:
            drawn: what a function of ``alliance_sim.plots`` returned.
            alt: what the picture shows, in words, for those who cannot see it.
            caption: what stands beneath it.
        """
        self.number += 1
        whole = drawn.get_figure(root=True)
        assert whole is not None
        text = _svg(whole)
        if len(text) > LARGEST:
            return Picture(_png(whole, alt), caption)
        return Picture(_inline(text, f"p{self.number}-", alt), caption)


def _svg(whole: Figure) -> str:
    settings: Any = {"svg.fonttype": "path", "svg.hashsalt": SALT}
    stream = io.StringIO()
    with matplotlib.rc_context(settings):
        whole.savefig(stream, format="svg", metadata={"Date": None})
    return clean(stream.getvalue())


def _png(whole: Figure, alt: str) -> Markup:
    stream = io.BytesIO()
    whole.savefig(stream, format="png", dpi=style.DPI, metadata={"Software": None})
    data = base64.b64encode(stream.getvalue()).decode()
    width = round(whole.get_figwidth() * 96)
    return Markup(
        '<img class="picture" width="{}" alt="{}" src="data:image/png;base64,{}">'
    ).format(width, alt, data)


def _inline(text: str, prefix: str, alt: str) -> Markup:
    """SVG without what a page has no use for, all ids made its own by a prefix."""
    root = ElementTree.fromstring(text[text.index("<svg") :])
    _strip(root)
    used = _used(root)
    for element in root.iter():
        for key, value in [*element.attrib.items()]:
            if key == "id":
                del element.attrib[key]
                if value in used:
                    element.set("id", prefix + value)
            elif key in ("href", f"{{{_LINK}}}href"):
                del element.attrib[key]
                element.set("href", f"#{prefix}{value[1:]}" if value.startswith("#") else value)
            else:
                element.set(key, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    width = float(root.get("width", "504pt").removesuffix("pt")) * 4 / 3  # CSS: 96 px in 72 pt
    root.attrib.pop("height", None)
    root.attrib |= {
        "class": "picture",
        "width": f"{width:.0f}",
        "role": "img",
        "aria-label": clean(alt),
    }
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _strip(element: ElementTree.Element) -> None:
    """Keep shapes alone: no metadata, no style for the whole page, nothing that could act."""
    for child in [*element]:
        name = child.tag.removeprefix(f"{{{_SVG}}}")
        link = child.get(f"{{{_LINK}}}href", child.get("href", "#"))
        if name not in _TAGS or not link.startswith(("#", "data:image/png;base64,")):
            element.remove(child)
        else:
            _strip(child)


def _used(root: ElementTree.Element) -> set[str]:
    """Ids to which something refers."""
    found: set[str] = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            found.update(_REFERENCE.findall(value))
            if key.endswith("href") and value.startswith("#"):
                found.add(value[1:])
    return found
