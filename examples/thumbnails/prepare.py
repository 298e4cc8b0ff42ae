"""Makes the photos that `work.py` reads: `python prepare.py`."""

from pathlib import Path

from PIL import Image

PHOTOS = 16

folder = Path(__file__).parent / "photos"
folder.mkdir(exist_ok=True)
for number in range(PHOTOS):
    photo = Image.effect_mandelbrot((1600, 1200), (-2.0 + number / 20, -1.5, 1.0, 1.5), 40).convert("RGB")
    photo.save(folder / f"{number:02}.jpg", quality=90)
