"""The schema of scenario files: pydantic sections, a file for each part of the company; `scenario` is the whole."""
