"""The rule language: what an admin writes in rules.yaml, checked, compiled and held against a mail.

`parse` turns the data of a rules file into a `RuleSet` and a list of problems; `core.decide` applies a `RuleSet` to a
mail; `examples` runs the `tests:` of a file. Everything that can be compiled is compiled when the file is parsed. This
package reads no files and carries nothing out.
"""
