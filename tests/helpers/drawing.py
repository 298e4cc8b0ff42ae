"""What is to be seen in a figure."""

import itertools

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from concurrency.showing import style


def drawn_texts(figure):
    """Every visible text with its box, in pixels; labels of ticks beyond the ends of an axis are not drawn."""
    with matplotlib.rc_context(style.STYLE):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        beyond = {
            tick.label1
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            for tick in axis.get_major_ticks()
            if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        }
        texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        return [(text, text.get_window_extent(canvas.get_renderer())) for text in texts if text not in beyond]


def overlaps(figure):
    boxes = [(text, box) for text, box in drawn_texts(figure) if box.width > 0]
    return [
        (one.get_text(), other.get_text())
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if a.overlaps(b) and min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


def outside(figure):
    """Texts that are cut off by the frame of the picture."""
    frame = figure.bbox
    return [
        text.get_text()
        for text, box in drawn_texts(figure)
        if box.width > 0
        if box.x0 < frame.x0 - 1 or box.x1 > frame.x1 + 1 or box.y0 < frame.y0 - 1 or box.y1 > frame.y1 + 1
    ]


def words(figure):
    """Every text on one line each."""
    return [" ".join(text.get_text().split()) for text, _ in drawn_texts(figure)]
