// SPDX-License-Identifier: Apache-2.0

package directory

import "testing"

func TestRecipientType(t *testing.T) {
	tests := map[string]struct {
		in, want string
		bad      bool
	}{
		"user":                {in: "1"},
		"linked":              {in: "2"},
		"legacy":              {in: "8"},
		"mail user":           {in: "128"},
		"remote user":         {in: "2147483648"},
		"shared":              {in: "4", want: "shared"},
		"remote shared":       {in: "34359738368", want: "shared"},
		"team":                {in: "137438953472", want: "shared"},
		"remote team":         {in: "274877906944", want: "shared"},
		"group mailbox":       {in: "1099511627776", want: "shared"},
		"remote group":        {in: "8796093022208", want: "shared"},
		"room":                {in: "16", want: "resource"},
		"equipment":           {in: "32", want: "resource"},
		"remote room":         {in: "8589934592", want: "resource"},
		"remote equipment":    {in: "17179869184", want: "resource"},
		"linked room":         {in: "2199023255552", want: "resource"},
		"attendant":           {in: "8192", want: "system"},
		"system mailbox":      {in: "16384", want: "system"},
		"Microsoft Exchange":  {in: "4194304", want: "system"},
		"arbitration":         {in: "8388608", want: "system"},
		"mailbox plan":        {in: "16777216", want: "system"},
		"discovery":           {in: "536870912", want: "system"},
		"public folder":       {in: "68719476736", want: "system"},
		"monitoring":          {in: "549755813888", want: "system"},
		"audit log":           {in: "4398046511104", want: "system"},
		"room list":           {in: "268435456"},
		"two bits":            {in: "20"},
		"none":                {in: "0"},
		"not known":           {in: "4611686018427387904"},
		"negative":            {in: "-9223372036854775808"},
		"beyond 64 bits":      {in: "9223372036854775808", bad: true},
		"name":                {in: "SharedMailbox", bad: true},
		"empty":               {in: "", bad: true},
		"more than 20 digits": {in: "000000000000000000004", bad: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := recipientType([]byte(test.in))
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("recipientType(%q) = %q, %v; want %q", test.in, got, err, test.want)
			}
		})
	}
}

// FuzzRecipientType: whatever comes, the answer is a type of account or none, and
// only for a single bit.
func FuzzRecipientType(f *testing.F) {
	for _, in := range []string{"4", "20", "-4", "x", "9223372036854775807"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, err := recipientType(in)
		n, numErr := ticks(in)
		switch {
		case kind == "":
		case kind != "shared" && kind != "resource" && kind != "system", err != nil, numErr == nil && (n <= 0 || n&(n-1) != 0):
			t.Fatalf("recipientType(%q) = %q, %v", in, kind, err)
		}
	})
}
