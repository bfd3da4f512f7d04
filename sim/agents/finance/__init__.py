"""Finance: documents, settlements, accruals and the close of periods."""
