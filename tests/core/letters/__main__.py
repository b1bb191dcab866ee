"""Writes the golden files anew."""

from tests.core.letters import HERE, names, written

for name in names():
    (HERE / f"{name}.txt").write_text(written(name), encoding="utf-8")
