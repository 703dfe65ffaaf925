"""What went wrong while reading a platform, named by what the caller must do.

* ExtractionError
  - ConfigurationError      set the named key
  - SchemaChanged           the platform changed a field's type: stop this resource, look, then extend the connector
  - PlatformRefused         the platform said no (401, 403, 404 …): fix access
  - PlatformUnavailable     it did not answer in time after all retries: come back later
"""


class ExtractionError(Exception):
    """Base of everything a connector raises on purpose."""


class ConfigurationError(ExtractionError):
    pass


class SchemaChanged(ExtractionError):
    pass


class PlatformRefused(ExtractionError):
    pass


class PlatformUnavailable(ExtractionError):
    pass
