"""Reports in the formats of other services: SARIF, JUnit, GitHub, GitLab, Markdown, JSON."""
