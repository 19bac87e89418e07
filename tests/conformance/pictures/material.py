"""Pictures that are made here: shapes, gradients, texture and letters, and what becomes of them in use."""
import io
import random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter


def drawing(seed, width=480, height=360):
    """A picture of its own for each seed: large shapes over a gradient, with some noise."""
    rng = random.Random(seed)
    corners = [tuple(rng.randrange(256) for _ in range(3)) for _ in range(4)]
    small = Image.new("RGB", (2, 2))
    small.putdata(corners)
    image = small.resize((width, height), Image.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randrange(4, 12)):
        x, y = rng.randrange(width), rng.randrange(height)
        w, h = rng.randrange(20, width // 2), rng.randrange(20, height // 2)
        color = tuple(rng.randrange(256) for _ in range(3))
        rng.choice([draw.ellipse, draw.rectangle])((x, y, x + w, y + h), fill=color)
    draw.line([(rng.randrange(width), rng.randrange(height)) for _ in range(5)], fill=corners[0], width=6)
    noise = Image.effect_noise((width, height), 12).convert("RGB") if seed % 3 == 0 else None
    return Image.blend(image, noise, 0.08) if noise else image


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def variants(image):
    """(name, file's ending, bytes): the same picture as it travels through the web."""
    width, height = image.size
    edge = width // 50
    yield "jpeg90", "jpg", saved(image, "JPEG", quality=90)
    yield "jpeg40", "jpg", saved(image, "JPEG", quality=40)
    yield "half", "png", saved(image.resize((width // 2, height // 2), Image.BICUBIC))
    yield "large", "jpg", saved(image.resize((width * 3 // 2, height * 3 // 2), Image.LANCZOS), "JPEG")
    yield "cropped", "png", saved(image.crop((edge, edge, width - edge, height - edge)))
    yield "lighter", "png", saved(ImageEnhance.Brightness(image).enhance(1.1))
    yield "blurred", "png", saved(image.filter(ImageFilter.GaussianBlur(1)))
    yield "webp", "webp", saved(image, "WEBP", quality=60)


def odd(image):
    """(name, file's ending, bytes) of unusual forms."""
    yield "gray", "png", saved(image.convert("L"))
    yield "palette", "png", saved(image.convert("P", palette=Image.ADAPTIVE))
    alpha = image.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    yield "alpha", "png", saved(alpha)
    yield "bits", "png", saved(image.convert("1"))
    yield "grayjpeg", "jpg", saved(image.convert("L"), "JPEG")
    yield "progressive", "jpg", saved(image, "JPEG", progressive=True, quality=80)
    yield "tiff", "tiff", saved(image, "TIFF")
    yield "thin", "png", saved(image.resize((3, 200)))
    yield "tiny", "png", saved(image.resize((5, 4)))
