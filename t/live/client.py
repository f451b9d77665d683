# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A small FTPS client that controls every byte it sends.

Ordinary clients hide what these tests are about: which bytes share a TCP
segment or a TLS record, how a connection ends, which session is offered.
Here TLS runs over memory (ssl.SSLObject), so the caller decides.

    context(...)   what a client is: its versions, its trust, its tickets
    Control        a control connection: commands, replies, AUTH
    Data           a data connection of one transfer
    Tls            TLS on a socket; Control.tls and Data.tls are one

Every wait ends after TIMEOUT seconds with an exception.
"""

import collections
import hashlib
import re
import select
import socket
import ssl
import struct
import time

TIMEOUT = 15.0

# tcpi_data_segs_in and tcpi_unacked of struct tcp_info (linux/tcp.h).
DATA_SEGS_IN = 152
UNACKED = 24

TLS1_2 = ssl.TLSVersion.TLSv1_2
TLS1_3 = ssl.TLSVersion.TLSv1_3

#: For Data.secure: offer the newest session of the control connection.
OWN = object()


class Cut(ConnectionError):
    """The peer ended its direction without close_notify."""


class Refused(AssertionError):
    """A reply other than the one the caller counted on."""


class Reply(collections.namedtuple("Reply", "code lines")):
    """One reply: its code, and all its lines without the line ends."""

    @property
    def text(self):
        return "\n".join(self.lines)

    def __str__(self):
        return self.text


def context(cafile, version=None, tickets=True, alpn=(), ciphers=None):
    """An SSLContext: one client, whose sessions its connections share.

    version pins one TLS version; tickets=False makes TLS 1.2 use session ids.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    # Python would take a bare FIN for close_notify (SSL_CTX_set_options(3)).
    made.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 1 << 7)
    made.load_verify_locations(cafile)
    if version is not None:
        made.minimum_version = version
        made.maximum_version = version
    if not tickets:
        made.options |= ssl.OP_NO_TICKET
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if ciphers:
        made.set_ciphers(ciphers)
    return made


def pattern(size, seed=b"x"):
    """Bytes in which no part repeats another."""
    blocks = (hashlib.sha256(seed + b"%d" % at).digest()
              for at in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def read_to_end(sock):
    """All that still comes over a bare socket until it ends, or is reset."""
    received = bytearray()  # bytes would be copied whole at each piece
    try:
        while True:
            piece = sock.recv(65536)
            if not piece:
                return bytes(received)
            received += piece
    except ConnectionError:
        return bytes(received)


def segments(sock):
    """How many segments with data a socket has received."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("=I", info, DATA_SEGS_IN)[0]


def is_acknowledged(sock):
    """Whether the peer's system has all that was sent, or the connection is
    no more."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("=I", info, UNACKED)[0] == 0


def is_established(sock):
    """Whether neither side has ended the connection, as far as is known."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[0] == 1


def cut(sock):
    """A bare FIN: no more bytes from us, whatever TLS wanted to say.

    Nothing, where the peer has ended the connection before.
    """
    try:
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def reset(sock):
    """An RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


class Tls:
    """The client's side of TLS on a connected socket.

    Plaintext goes out with write; records() and encrypt() give control over
    what is one record and what is sent when.  read() returns b"" after the
    peer's close_notify only; any other end raises Cut.
    """

    def __init__(self, sock, ssl_context, session=None, server_name=None):
        self.sock = sock
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self.object = ssl_context.wrap_bio(
            self._in, self._out, server_hostname=server_name, session=session)

    @property
    def session(self):
        """The newest session that the peer gave us, or None."""
        return self.object.session

    @property
    def resumed(self):
        return self.object.session_reused

    def handshake(self):
        try:
            self._run(self.object.do_handshake)
        except ssl.SSLError:
            self._flush_ignoring_errors()
            raise
        self.flush()

    def hello(self):
        """Our ClientHello as bytes, not sent."""
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self._out.read()

    def encrypt(self, plaintext):
        """The records that carry plaintext, not sent."""
        self.object.write(plaintext)
        return self._out.read()

    def write(self, plaintext):
        self.records(plaintext)

    def records(self, *pieces):
        """Sends each piece as a record of its own, all in one write."""
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[self.object.write(view):]
                if self._out.pending > 1 << 18:
                    self.flush()
        self.flush()

    def dribble(self, plaintext, step):
        """Sends the records of plaintext, step bytes per TCP send."""
        raw = self.encrypt(plaintext)
        for start in range(0, len(raw), step):
            self.sock.sendall(raw[start:start + step])

    def flush(self):
        if self._out.pending:
            self.sock.sendall(self._out.read())

    def read(self, size=65536):
        try:
            return self._run(self.object.read, size)
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError as error:
            raise Cut(str(error)) from error
        except ssl.SSLError as error:
            if "unexpected eof" in str(error):
                raise Cut(str(error)) from error
            raise

    def read_all(self):
        received = bytearray()
        while True:
            piece = self.read()
            if not piece:
                return bytes(received)
            received += piece

    def close_notify(self):
        """Sends ours; does not wait for the peer's."""
        try:
            self.object.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass
        self._flush_ignoring_errors()

    def _flush_ignoring_errors(self):
        try:
            self.flush()
        except OSError:
            pass

    def _run(self, call, *args):
        while True:
            try:
                return call(*args)
            except ssl.SSLWantReadError:
                self.flush()
                self._fill()

    def _fill(self):
        try:
            raw = self.sock.recv(65536)
        except ConnectionResetError as error:
            raise Cut("reset") from error
        if raw:
            self._in.write(raw)
        else:
            self._in.write_eof()


class Control:
    """A control connection.

    command() sends one line and returns the reply; codes given behind it are
    those the caller counts on, all others raise Refused.
    """

    def __init__(self, address, ssl_context=None, implicit=False,
                 session=None, server_name=None):
        self.context = ssl_context
        self.server_name = server_name
        self.tls = None
        self._buffer = b""
        self.sock = socket.create_connection(address, TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if implicit:
                self.handshake(session)
            self.greeting = self.reply(220)
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def ipv6(self):
        return self.sock.family == socket.AF_INET6

    @property
    def session(self):
        return self.tls.session

    def close(self):
        self.sock.close()

    def quit(self):
        self.command("QUIT", 221)
        self.close()

    def send(self, raw):
        """Bytes as they are: in one record, or in clear without TLS."""
        if self.tls is None:
            self.sock.sendall(raw)
        else:
            self.tls.write(raw)

    def command(self, line, *codes):
        self.send(line.encode() + b"\r\n")
        return self.reply(*codes)

    def reply(self, *codes):
        lines = [self._line()]
        code = lines[0][:3]
        if not re.match(r"\d{3}[ -]", lines[0]):
            raise Refused("not a reply: %r" % lines[0])
        while not lines[-1].startswith(code + " "):
            lines.append(self._line())
        got = Reply(int(code), lines)
        if codes and got.code not in codes:
            raise Refused("wanted %s, got %s" % (codes, got))
        return got

    def _line(self):
        while b"\r\n" not in self._buffer:
            piece = self.sock.recv(65536) if self.tls is None \
                else self.tls.read()
            if not piece:
                raise Cut("closed by the server; unread: %r" % self._buffer)
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode()

    def pending(self, wait=0.0):
        """Whether reply bytes are there, or come within wait seconds.

        Without plaintext this only looks at the socket: a ticket counts too.
        """
        return bool(self._buffer) or \
            bool(select.select([self.sock], [], [], wait)[0])

    def handshake(self, session=None):
        self.tls = self.new_tls(session)
        self.tls.handshake()

    def new_tls(self, session=None):
        """TLS for this socket, not begun."""
        return Tls(self.sock, self.context, session, self.server_name)

    def auth(self, mechanism="TLS", session=None):
        self.command("AUTH " + mechanism, 234)
        self.handshake(session)
        return self

    def login(self, user="alice", password="wonder"):
        self.command("USER " + user, 331)
        self.command("PASS " + password, 230)
        return self

    def protect(self, level="P"):
        self.command("PBSZ 0", 200)
        self.command("PROT " + level, 200)
        return self

    def data(self, mode=None):
        """Prepares a data connection: PASV, EPSV, PORT or EPRT."""
        mode = mode or ("EPSV" if self.ipv6 else "PASV")
        if mode in ("PASV", "EPSV"):
            return Data(self, self._passive(mode))
        return self._active(mode)

    def _passive(self, mode):
        """Asks for a port and connects to it."""
        host = self.sock.getpeername()[0]
        if mode == "EPSV":
            text = self.command("EPSV", 229).text
            port = int(re.search(r"\|\|\|(\d+)\|", text).group(1))
        else:
            text = self.command("PASV", 227).text
            numbers = re.search(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", text)
            host = ".".join(numbers.groups()[:4])
            port = int(numbers.group(5)) * 256 + int(numbers.group(6))
        return socket.create_connection((host, port), TIMEOUT)

    def _active(self, mode):
        host = self.sock.getsockname()[0]
        listener = socket.create_server((host, 0), family=self.sock.family)
        listener.settimeout(TIMEOUT)
        port = listener.getsockname()[1]
        if mode == "EPRT":
            line = "EPRT |%d|%s|%d|" % (2 if self.ipv6 else 1, host, port)
        else:
            line = "PORT %s,%d,%d" % (host.replace(".", ","),
                                      port // 256, port % 256)
        try:
            self.command(line, 200)
        except BaseException:
            listener.close()
            raise
        return Data(self, listener=listener)

    def begin(self, line, mode=None, session=OWN, protected=True):
        """Sends a transfer command; returns the Data, after 150 and TLS."""
        data = self.data(mode)
        try:
            self.command(line, 150)
            data.open()
            if protected:
                data.secure(session)
        except BaseException:
            data.close()
            raise
        return data

    def download(self, line, mode=None, session=OWN, protected=True):
        """A whole RETR, LIST, NLST or MLSD: the bytes, after a 226."""
        with self.begin(line, mode, session, protected) as data:
            received = data.read_all()
            data.finish()
        self.reply(226)
        return received

    def upload(self, line, body, mode=None, session=OWN, protected=True):
        """A whole STOR, STOU or APPE, ended in order; returns the 226."""
        with self.begin(line, mode, session, protected) as data:
            data.write(body)
            data.finish()
        return self.reply(226)


class Data:
    """A data connection: open(), secure() where PROT is P, then bytes."""

    def __init__(self, control, sock=None, listener=None):
        self.control = control
        self.sock = sock
        self.listener = listener
        self.tls = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self):
        """Active mode: takes the server's connection.  Passive: nothing."""
        if self.sock is None:
            self.sock = self.listener.accept()[0]
            self.sock.settimeout(TIMEOUT)
        return self

    def new_tls(self, session=OWN):
        """TLS for this socket, not begun."""
        if session is OWN:
            session = self.control.session
        return Tls(self.sock, self.control.context, session,
                   self.control.server_name)

    def secure(self, session=OWN):
        self.tls = self.new_tls(session)
        self.tls.handshake()
        return self

    def write(self, body):
        if self.tls is None:
            self.sock.sendall(body)
        else:
            self.tls.write(body)

    def read_all(self):
        if self.tls is not None:
            return self.tls.read_all()
        return read_to_end(self.sock)

    def finish(self):
        """Ends our direction in order: close_notify, then FIN."""
        if self.tls is not None:
            self.tls.close_notify()
        cut(self.sock)

    def close(self):
        for each in (self.sock, self.listener):
            if each is not None:
                each.close()


def until(condition, seconds=5.0):
    """Polls until condition() is true; returns its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)
