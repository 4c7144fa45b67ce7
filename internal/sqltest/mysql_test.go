package sqltest_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// startMySQL starts a fake MySQL that responds to "SELECT ?" with its argument, sent either as a
// literal in the text or as the parameter of a prepared statement. It returns the address.
func startMySQL(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				c := &mysqlConn{Reader: bufio.NewReader(conn), out: conn}
				if err := c.serve(); err != nil {
					t.Error("fake MySQL:", err)
				}
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// mysqlConn is a connection of the fake. Packets have a length of three bytes and a number.
type mysqlConn struct {
	*bufio.Reader
	out io.Writer
	seq byte
}

const (
	comQuit, comQuery, comPing           = 0x01, 0x03, 0x0e
	comPrepare, comExecute, comCloseStmt = 0x16, 0x17, 0x19

	typeNewDecimal = 0xf6
)

var (
	okPacket  = []byte{0, 0, 0, 2, 0, 0, 0}
	eofPacket = []byte{0xfe, 0, 0, 2, 0}
)

func (c *mysqlConn) serve() error {
	hello := append([]byte("\x0a8.0.0\x00\x01\x00\x00\x0012345678\x00"),
		0x09, 0xa2, 45, 2, 0, 0x08, 0, 21) // capabilities: 4.1, secure connection, plugins, database
	hello = append(hello, make([]byte, 10)...)
	if err := c.send(append(hello, "123456789012\x00mysql_native_password\x00"...)); err != nil {
		return err
	}
	if _, err := c.receive(); err != nil {
		return err
	}
	if err := c.send(okPacket); err != nil {
		return err
	}
	for {
		p, err := c.receive()
		if err != nil {
			return err
		}
		switch p[0] {
		case comQuit:
			return nil
		case comPing:
			err = c.send(okPacket)
		case comQuery:
			err = c.literal(strings.TrimPrefix(string(p[1:]), "SELECT "))
		case comPrepare:
			err = c.send([]byte{0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0}, column(), eofPacket, column(), eofPacket)
		case comExecute:
			err = c.parameter(p[10:])
		case comCloseStmt:
		default:
			err = fmt.Errorf("unexpected command %#x", p[0])
		}
		if err != nil {
			return err
		}
	}
}

// literal responds with the value of a literal.
func (c *mysqlConn) literal(text string) error {
	row := []byte{0xfb}
	if text != "NULL" {
		number, ok := strings.CutPrefix(text, "'")
		number, closed := strings.CutSuffix(number, "'")
		if !ok || !closed {
			return fmt.Errorf("argument is not sent as a string: %s", text)
		}
		row = append([]byte{byte(len(number))}, number...)
	}
	return c.send([]byte{1}, column(), eofPacket, row, eofPacket)
}

// parameter responds with a parameter: a bitmap of nulls, a flag, a type of two bytes, the value.
func (c *mysqlConn) parameter(p []byte) error {
	row := []byte{0, p[0] & 1 << 2}
	if p[0]&1 == 0 {
		row = append(row, p[4:]...)
	}
	return c.send([]byte{1}, column(), eofPacket, row, eofPacket)
}

func column() []byte {
	p := []byte("\x03def\x00\x00\x00\x01d\x00\x0c")
	return append(p, 63, 0, 80, 0, 0, 0, typeNewDecimal, 0, 0, 0, 0, 0)
}

func (c *mysqlConn) send(packets ...[]byte) error {
	var b bytes.Buffer
	for _, p := range packets {
		b.Write([]byte{byte(len(p)), byte(len(p) >> 8), 0, c.seq})
		b.Write(p)
		c.seq++
	}
	_, err := c.out.Write(b.Bytes())
	return err
}

func (c *mysqlConn) receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	c.seq = head[3] + 1
	head[3] = 0
	p := make([]byte, binary.LittleEndian.Uint32(head[:]))
	_, err := io.ReadFull(c, p)
	return p, err
}
