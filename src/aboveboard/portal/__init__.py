"""Web pages for contributor, representative, steward and auditor."""
