# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""OCSP responses of any kind, with OpenSSL by ctypes.

The openssl command writes what a responder would; a response of yesterday, of
tomorrow, or by the wrong signer is made here.
"""

import ctypes
import ctypes.util
import time

GOOD, REVOKED, UNKNOWN = 0, 1, 2

#: OCSPResponseStatus (RFC 6960, section 4.2.1).
TRY_LATER = 3


def _library():
    lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
            ("BIO_new_mem_buf", pointer, (ctypes.c_char_p, number)),
            ("BIO_free", number, (pointer,)),
            ("PEM_read_bio_X509", pointer, (pointer,) * 4),
            ("PEM_read_bio_PrivateKey", pointer, (pointer,) * 4),
            ("EVP_sha1", pointer, ()),
            ("EVP_sha256", pointer, ()),
            ("OCSP_cert_to_id", pointer, (pointer,) * 3),
            ("OCSP_BASICRESP_new", pointer, ()),
            ("ASN1_GENERALIZEDTIME_set", pointer, (pointer, ctypes.c_long)),
            ("OCSP_basic_add1_status", pointer,
             (pointer, pointer, number, number, pointer, pointer, pointer)),
            ("OCSP_basic_sign", number,
             (pointer, pointer, pointer, pointer, pointer, ctypes.c_ulong)),
            ("OCSP_response_create", pointer, (number, pointer)),
            ("i2d_OCSP_RESPONSE", number,
             (pointer, ctypes.POINTER(ctypes.c_void_p)))):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


_LIB = _library()


def _read(text, reader):
    bio = _LIB.BIO_new_mem_buf(text.encode(), -1)
    found = reader(bio, None, None, None)
    _LIB.BIO_free(bio)
    if not found:
        raise ValueError("there is nothing to read in %r" % text[:40])
    return found


def _time(when):
    return None if when is None else _LIB.ASN1_GENERALIZEDTIME_set(None, when)


def _der(response):
    out = ctypes.c_void_p()
    size = _LIB.i2d_OCSP_RESPONSE(response, ctypes.byref(out))
    return ctypes.string_at(out.value, size)


def answer(pki, leaf, issuer="inter", signer=None, status=GOOD, since=-60,
           until=3600):
    """A response in DER about a certificate of pki's, by its name, or about
    several; since and until are seconds from now, until None: it says none."""
    now = int(time.time())
    issuer_cert = _read(pki.read(issuer + ".pem"), _LIB.PEM_read_bio_X509)
    signer = signer or issuer
    basic = _LIB.OCSP_BASICRESP_new()
    for name in (leaf,) if isinstance(leaf, str) else leaf:
        cert = _read(pki.read(name + ".pem"), _LIB.PEM_read_bio_X509)
        _LIB.OCSP_basic_add1_status(
            basic, _LIB.OCSP_cert_to_id(_LIB.EVP_sha1(), cert, issuer_cert),
            status, -1, _time(now + since) if status == REVOKED else None,
            _time(now + since), _time(None if until is None else now + until))
    if _LIB.OCSP_basic_sign(
            basic, _read(pki.read(signer + ".pem"), _LIB.PEM_read_bio_X509),
            _read(pki.read(signer + ".key"), _LIB.PEM_read_bio_PrivateKey),
            _LIB.EVP_sha256(), None, 0) != 1:
        raise ValueError("%s signs nothing" % signer)
    return _der(_LIB.OCSP_response_create(0, basic))


def error(status=TRY_LATER):
    """What a responder says in place of an answer."""
    return _der(_LIB.OCSP_response_create(status, None))
