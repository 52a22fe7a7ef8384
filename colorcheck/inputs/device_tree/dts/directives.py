"""The directives of the C preprocessor that make a device tree source one for it."""

DIRECTIVES = "include|define|undef|if|ifdef|ifndef|elif|else|endif|error|warning|pragma"
