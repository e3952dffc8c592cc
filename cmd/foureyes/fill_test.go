// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/campaign/sheet"
)

// fill does what a reviewer does with the message that they got: it opens the spreadsheet,
// writes into cells and answers with it.
//
//	fill [-from ADDRESS] IN.eml OUT.eml|OUT.xlsx LINE:COLUMN=TEXT…
func fill(args []string, stderr io.Writer) int {
	if err := answerMail(args); err != nil {
		_, _ = fmt.Fprintln(stderr, "fill:", err)
		return 1
	}
	return 0
}

func answerMail(args []string) error {
	from := ""
	if len(args) > 1 && args[0] == "-from" {
		from, args = args[1], args[2:]
	}
	if len(args) < 2 {
		return errors.New("want IN.eml, OUT and cells")
	}
	src, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	got, err := sheet.ParseMail(src)
	if err != nil {
		return err
	}
	book, err := fillSheet(got.Sheet, args[2:])
	if err != nil {
		return err
	}
	if filepath.Ext(args[1]) == ".xlsx" {
		return os.WriteFile(args[1], book, 0o600)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(src))
	if err != nil {
		return err
	}
	if from == "" {
		from = msg.Header.Get("To")
	}
	return os.WriteFile(args[1], reply(from, msg.Header.Get("From"), book), 0o600)
}

func fillSheet(src []byte, cells []string) ([]byte, error) {
	f, err := excelize.OpenReader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("lines")
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		where, text, _ := strings.Cut(c, "=")
		line, column, _ := strings.Cut(where, ":")
		row := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 1 && r[1] == line })
		col := slices.Index(sheet.Columns(), column)
		if row < 0 || col < 0 {
			return nil, fmt.Errorf("there is no cell %q", where)
		}
		name, err := excelize.CoordinatesToCellName(col+1, row+1)
		if err != nil {
			return nil, err
		}
		if err := f.SetCellStr("lines", name, text); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}

// reply is a message as mail programs write it.
func reply(from, to string, book []byte) []byte {
	var b bytes.Buffer
	_, _ = fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: Re: access\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=reply\r\n\r\n"+
		"--reply\r\nContent-Type: text/plain\r\n\r\nDone.\r\n--reply\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"+
		"Content-Disposition: attachment; filename=\"lines.xlsx\"\r\n\r\n%s\r\n--reply--\r\n", from, to, base64.StdEncoding.EncodeToString(book))
	return b.Bytes()
}
