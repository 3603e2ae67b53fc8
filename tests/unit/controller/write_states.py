"""Writes the objects of every state anew: `python -m tests.unit.controller.write_states`."""

from __future__ import annotations

from tests.unit.controller.table import FOLDER, files


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
