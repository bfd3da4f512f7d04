"""What was learned: tables, comparisons, figures and pages."""
