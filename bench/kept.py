"""Results that took long, kept in a file each, so that a run which was stopped goes on where it was."""

import json

from measure import say


def kept(path, wish, again, make):
    """What `make` gives, or what it gave when it was asked with the same wish before; `again` asks anew."""
    if path.exists() and not again:
        told = json.loads(path.read_text())
        if told["wish"] == wish:
            say(f"{path.stem}: kept from before, in {path}")
            return told["result"]
    say(path.stem)
    result = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_suffix(".begun")
    begun.write_text(json.dumps({"wish": wish, "result": result}))
    begun.rename(path)
    return result
