"""The directives that show that a device tree source needs the C preprocessor."""

DIRECTIVES = "include|define|undef|if|ifdef|ifndef|elif|else|endif|error|warning|pragma"
