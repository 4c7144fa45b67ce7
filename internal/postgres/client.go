package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// queryTimeout bounds a query of a test, and a connection to a server that does not respond.
const queryTimeout = time.Minute

// query sends SQL as a simple query, on a connection of its own, and returns the rows of the last
// statement that has some. Version 3.0 of PostgreSQL's protocol needs little for that, and a driver
// would be a dependency of the SDK's module.
func (c *cluster) query(database, sql string) (rows [][]string, err error) {
	dialer := net.Dialer{Timeout: queryTimeout}
	conn, err := dialer.DialContext(context.Background(), "unix", c.socket())
	if err != nil {
		return nil, fmt.Errorf("postgres: query: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(queryTimeout)); err != nil {
		return nil, err
	}
	const version = 3 << 16
	startup := binary.BigEndian.AppendUint32(nil, version)
	startup = append(startup, "user\x00"+superuser+"\x00database\x00"+database+"\x00\x00"...)
	if err := send(conn, "", startup); err != nil {
		return nil, err
	}
	if _, err := receive(conn); err != nil {
		return nil, err
	}
	if err := send(conn, "Q", []byte(sql+"\x00")); err != nil {
		return nil, err
	}
	if rows, err = receive(conn); err != nil {
		return nil, err
	}
	return rows, send(conn, "X", nil) // terminate
}

// send sends a message. The first one has no type.
func send(w io.Writer, kind string, content []byte) error {
	message := binary.BigEndian.AppendUint32([]byte(kind), uint32(len(content)+4)) //nolint:gosec // A test's SQL is short.
	if _, err := w.Write(append(message, content...)); err != nil {
		return fmt.Errorf("postgres: query: %w", err)
	}
	return nil
}

// receive reads messages until the server is ready for a query.
func receive(r io.Reader) (rows [][]string, err error) {
	var failed error
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, errors.Join(failed, fmt.Errorf("postgres: query: %w", err))
		}
		content := make([]byte, max(4, binary.BigEndian.Uint32(head[1:]))-4)
		if _, err := io.ReadFull(r, content); err != nil {
			return nil, errors.Join(failed, fmt.Errorf("postgres: query: %w", err))
		}
		switch head[0] {
		case 'R':
			if binary.BigEndian.Uint32(content) != 0 {
				return nil, errors.New("postgres: query: the server asks for a password")
			}
		case 'T': // describes the rows that follow
			rows = nil
		case 'D':
			rows = append(rows, fields(content))
		case 'E':
			failed = errorOf(content) // after a fatal one the connection ends
		case 'Z':
			return rows, failed
		}
	}
}

// fields returns the values of a row. A null has the length -1.
func fields(content []byte) []string {
	values := make([]string, binary.BigEndian.Uint16(content))
	content = content[2:]
	for i := range values {
		length := int32(binary.BigEndian.Uint32(content)) //nolint:gosec // It is signed.
		content = content[4:]
		if length > 0 {
			values[i] = string(content[:length])
			content = content[length:]
		}
	}
	return values
}

// errorOf returns the error of a response, which has fields of a letter and a text.
func errorOf(content []byte) error {
	texts := make(map[byte]string)
	for part := range strings.SplitSeq(string(content), "\x00") {
		if part != "" {
			texts[part[0]] = part[1:]
		}
	}
	return fmt.Errorf("postgres: query: %s %s: %s", texts['V'], texts['C'], texts['M'])
}
