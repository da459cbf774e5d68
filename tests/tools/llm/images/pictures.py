"""Pictures of every kind, drawn for tests."""

from io import BytesIO

from PIL import Image


def drawn(form="PNG", size=(40, 20), mode="RGB", colour="red", **how):
    """The bytes of a picture: its left half is *colour*, its right one black or see-through."""
    whole = Image.new(mode, size)
    whole.paste(colour, (0, 0, size[0] // 2, size[1]))
    return saved(whole, form, **how)


def noisy(size, form="PNG"):
    """One that no compression makes small."""
    return saved(Image.effect_noise(size, 200).convert("RGB"), form)


def saved(whole, form, **how):
    file = BytesIO()
    whole.save(file, form, **how)
    return file.getvalue()


def seen(data):
    """The picture that *data* is, decoded."""
    whole = Image.open(BytesIO(data))
    whole.load()
    return whole
