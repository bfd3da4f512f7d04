"""Readers that turn a company's own exports into a scenario.

`importing.import_orders` does it; `options.ImportOptions` has the rules that fill what an export leaves out.
A new format is one file here: a function under ``@importer("name")`` that returns `rows.Rows`.
"""
