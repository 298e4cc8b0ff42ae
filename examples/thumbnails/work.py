"""Thumbnails of images: a file in, a file out."""

from pathlib import Path

from PIL import Image


def thumbnail(path: str) -> str:
    """Write a small version of the image at `path` into thumbnails/; the path of that."""
    small = Path("thumbnails", Path(path).name)
    small.parent.mkdir(exist_ok=True)
    with Image.open(path) as image:
        image.thumbnail((256, 256), Image.Resampling.LANCZOS)
        image.save(small)
    return str(small)
