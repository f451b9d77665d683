// SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL

// Many transfers over FTP with crypto/tls, whose TLS 1.3 tickets serve once.
//
//	go run transfers.go PORT VERSION CA ROUNDS
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

const limit = 10 * time.Second

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type control struct {
	conn   net.Conn
	reader *bufio.Reader
}

// The last line of a reply, which must have this code.
func (c *control) reply(code string) string {
	for {
		line, err := c.reader.ReadString('\n')
		must(err)
		if len(line) > 3 && line[3] == ' ' {
			if !strings.HasPrefix(line, code) {
				must(fmt.Errorf("%s is wanted: %s", code, line))
			}
			return line
		}
	}
}

func (c *control) command(line, code string) string {
	must(c.conn.SetDeadline(time.Now().Add(limit)))
	_, err := io.WriteString(c.conn, line+"\r\n")
	must(err)
	return c.reply(code)
}

// A data connection for a command; what it is used for is the caller's.
func (c *control) transfer(line string, config *tls.Config,
	use func(*tls.Conn)) {
	answer := c.command("EPSV", "229")
	parts := strings.Split(answer, "|")
	raw, err := net.Dial("tcp", "127.0.0.1:"+parts[3])
	must(err)
	must(raw.SetDeadline(time.Now().Add(limit)))
	c.command(line, "150")
	data := tls.Client(raw, config)
	must(data.Handshake())
	if !data.ConnectionState().DidResume {
		must(fmt.Errorf("%s did not resume", line))
	}
	use(data)
	must(data.Close())
	c.reply("226")
}

func main() {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(os.Args[3])
	must(err)
	roots.AppendCertsFromPEM(pem)
	version := uint16(tls.VersionTLS13)
	if os.Args[2] == "TLSv1.2" {
		version = tls.VersionTLS12
	}
	config := &tls.Config{RootCAs: roots, ServerName: "localhost",
		MinVersion: version, MaxVersion: version,
		ClientSessionCache: tls.NewLRUClientSessionCache(8)}

	raw, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	must(err)
	c := &control{raw, bufio.NewReader(raw)}
	c.reply("220")
	c.command("AUTH TLS", "234")
	secured := tls.Client(raw, config)
	c = &control{secured, bufio.NewReader(secured)}
	c.command("USER alice", "331")
	c.command("PASS wonder", "230")
	c.command("PBSZ 0", "200")
	c.command("PROT P", "200")
	c.command("TYPE I", "200")

	body := bytes.Repeat([]byte("crypto/tls "), 500)
	rounds, err := strconv.Atoi(os.Args[4])
	must(err)
	for round := 0; round < rounds; round++ {
		name := fmt.Sprintf("go%d", round)
		c.transfer("STOR "+name, config, func(data *tls.Conn) {
			_, err := data.Write(body)
			must(err)
		})
		c.transfer("RETR "+name, config, func(data *tls.Conn) {
			got, err := io.ReadAll(data)
			must(err)
			if !bytes.Equal(got, body) {
				must(fmt.Errorf("another file came back"))
			}
		})
	}
	c.command("QUIT", "221")
}
