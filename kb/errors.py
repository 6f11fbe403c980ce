"""KbError
  + InvalidInput
      - MissingFile · EmptyQuery · InvalidFilter · UnknownPlace · AmbiguousPlace · InvalidManifest · InvalidSetting
      - InvalidState · InvalidCollection · InvalidAccount · InvalidLink · InvalidFields
      - InvalidSearch · InvalidFeedback
      - ReasonMissing · InvalidAnswers · InvalidMerge · InvalidVersions
  + Outdated
  + NotFound
  + NotAllowed
      - NotSignedIn
  + NotReady
      - NoDatabase · NoModel · ModelIncomplete · DamagedModel · DamagedIndex · Busy · StorageFull
  + Undelivered
  + IngestError
      - Empty · Encrypted · Unreadable · Unsupported · TooLarge · NoText · NeedsOcr
      - NeedsOffice · TimedOut · OutOfMemory · Crashed

Every leaf has a stable `code`; its message says what happened and what to do next.
"""

from __future__ import annotations


class KbError(Exception):
    """Anything Agorà 21 refuses or fails to do for a reason a person can act on."""

    code = "error"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class InvalidInput(KbError):
    """What was asked for cannot be understood as it stands."""

    code = "invalid-input"


class MissingFile(InvalidInput):
    """A path that was named does not exist or cannot be opened."""

    code = "missing-file"


class EmptyQuery(InvalidInput):
    """A search without a single letter or digit."""

    code = "empty-query"


class InvalidFilter(InvalidInput):
    """A filter names a value that its vocabulary does not have."""

    code = "invalid-filter"


class UnknownPlace(InvalidInput):
    """No municipality has the name or code that was given."""

    code = "unknown-place"


class AmbiguousPlace(InvalidInput):
    """Several municipalities have the name that was given."""

    code = "ambiguous-place"


class InvalidManifest(InvalidInput):
    """A row of a manifest breaks the rules for records."""

    code = "invalid-manifest"


class InvalidFields(InvalidInput):
    """Fields of a record break the rules; `problems` tells which and how."""

    code = "invalid-fields"


class InvalidSetting(InvalidInput):
    """A setting is unknown or its value cannot be used."""

    code = "invalid-setting"


class InvalidState(InvalidInput):
    """A record cannot go from its present state to the one asked for."""

    code = "invalid-state"


class InvalidCollection(InvalidInput):
    """A collection's key is taken or cannot be one."""

    code = "invalid-collection"


class InvalidAccount(InvalidInput):
    """What is stated of an account cannot be used: its address, its password or its role."""

    code = "invalid-account"


class InvalidLink(InvalidInput):
    """A link that opens an account once is not whole, was used, or is too old."""

    code = "invalid-link"


class InvalidSearch(InvalidInput):
    """A search that is to be kept asks for nothing, or its name or frequency cannot be one."""

    code = "invalid-search"


class InvalidFeedback(InvalidInput):
    """A report says nothing, says too much, or gives an address that is none."""

    code = "invalid-feedback"


class ReasonMissing(InvalidInput):
    """A decision that somebody has to understand was taken without saying why."""

    code = "reason-missing"


class InvalidAnswers(InvalidInput):
    """An answer names no criterion, or says neither yes nor no nor nothing."""

    code = "invalid-answers"


class InvalidMerge(InvalidInput):
    """Two records cannot become one as they are."""

    code = "invalid-merge"


class InvalidVersions(InvalidInput):
    """Records cannot be language versions of one another."""

    code = "invalid-versions"


class Outdated(KbError):
    """Somebody else changed the same thing in the meantime, and nothing was overwritten."""

    code = "outdated"


class NotFound(KbError):
    """There is no such record, document, passage or model, or the reader may not know of it."""

    code = "not-found"


class NotAllowed(KbError):
    """The reader is known but may not do this."""

    code = "not-allowed"


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or address and password do not belong together."""

    code = "not-signed-in"


class NotReady(KbError):
    """Something that must exist first is not there yet."""

    code = "not-ready"


class NoDatabase(NotReady):
    """The data folder has no database, or an older version of it."""

    code = "no-database"


class NoModel(NotReady):
    """No encoder is in use, or the one named is not on this machine."""

    code = "no-model"


class ModelIncomplete(NotReady):
    """Some passages have no vector of this model yet, so it cannot be used."""

    code = "model-incomplete"


class DamagedModel(NotReady):
    """An encoder's files do not have the checksum they were stored with."""

    code = "damaged-model"


class DamagedIndex(NotReady):
    """The indexes of a model do not hold what they should; they can be thrown away and made anew."""

    code = "damaged-index"


class Busy(NotReady):
    """Another process holds what this one needs."""

    code = "busy"


class StorageFull(NotReady):
    """The disk has no room for what was handed in; nothing was stored."""

    code = "storage-full"


class Undelivered(KbError):
    """The mail server did not take a letter; it is tried again, or given up where that is of no use."""

    code = "undelivered"


class IngestError(KbError):
    """A document whose text cannot be had."""

    code = "ingest-error"


class Empty(IngestError):
    """The file has no bytes, or nothing but white space."""

    code = "empty"


class Encrypted(IngestError):
    """The file needs a password, so its text cannot be read."""

    code = "encrypted"


class Unreadable(IngestError):
    """The file is damaged beyond what the readers can mend."""

    code = "unreadable"


class Unsupported(IngestError):
    """The file's content is of a kind that cannot be read."""

    code = "unsupported"


class TooLarge(IngestError):
    """The file is larger than the setting allows."""

    code = "too-large"


class NoText(IngestError):
    """The file was read and holds no text."""

    code = "no-text"


class NeedsOcr(IngestError):
    """The pages are pictures, and their text has to be recognised first."""

    code = "needs-ocr"


class NeedsOffice(IngestError):
    """The file is in an old Office format, and LibreOffice, which reads it, is not installed."""

    code = "needs-office"


class TimedOut(IngestError):
    """Reading the file took longer than the setting allows."""

    code = "timed-out"


class OutOfMemory(IngestError):
    """Reading the file took more memory than the setting allows."""

    code = "out-of-memory"


class Crashed(IngestError):
    """The file ended the process that read it, each time it was tried."""

    code = "crashed"
