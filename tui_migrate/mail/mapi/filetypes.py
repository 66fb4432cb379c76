"""Media types of files by their names, the same on every machine."""

from __future__ import annotations

_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_TYPES = {
    "txt": "text/plain", "log": "text/plain", "csv": "text/csv", "htm": "text/html", "html": "text/html",
    "css": "text/css", "ics": "text/calendar", "vcf": "text/vcard", "xml": "application/xml",
    "json": "application/json", "eml": "message/rfc822", "msg": "application/vnd.ms-outlook",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp",
    "tif": "image/tiff", "tiff": "image/tiff", "svg": "image/svg+xml", "webp": "image/webp", "heic": "image/heic",
    "ico": "image/vnd.microsoft.icon", "emf": "image/emf", "wmf": "image/wmf",
    "mp3": "audio/mpeg", "wav": "audio/wav", "m4a": "audio/mp4", "ogg": "audio/ogg",
    "mp4": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo", "mpg": "video/mpeg", "mpeg": "video/mpeg",
    "pdf": "application/pdf", "rtf": "application/rtf", "ps": "application/postscript", "zip": "application/zip",
    "gz": "application/gzip", "7z": "application/x-7z-compressed", "rar": "application/vnd.rar",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "docx": _OPEN_XML + "wordprocessingml.document", "xlsx": _OPEN_XML + "spreadsheetml.sheet",
    "pptx": _OPEN_XML + "presentationml.presentation", "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet", "odp": "application/vnd.oasis.opendocument.presentation",
    "p7m": "application/pkcs7-mime", "p7s": "application/pkcs7-signature", "asc": "application/pgp-signature",
    "dat": "application/octet-stream",
}  # fmt: skip


def type_of(name: str) -> str:
    """By the end of the name."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
