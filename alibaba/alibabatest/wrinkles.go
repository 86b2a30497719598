// SPDX-License-Identifier: Apache-2.0

package alibabatest

import "strings"

// Wrinkles are oddities of the replies that the documents and their samples show in one place or another. A client
// must take them all. The zero value answers what the JSON sample of each operation shows, among it the oddest of all:
// AllocateCostUnitResource reports a success with Success:false.
type Wrinkles struct {
	AllocateSuccess  bool   // AllocateCostUnitResource says Success:true, as its XML sample does
	CodeSpelling     string // how success is spelled, such as "SUCCESS" or "200\n"; empty: as the operation's sample does
	NumericCode      bool   // "Code":200 and "Code":-303, where the code is a number
	AmountsAsNumbers bool   // "Data":300.00 instead of "300.00"; then without separators and line end
	Separators       bool   // "1,828.72"
	TrailingNewline  bool   // "10000.00\n"
	NumbersAsText    bool   // "Count":"1 ", "Numerator":"10 ", "Mpk":"1051360339779133 "
	TextAsNumbers    bool   // "UidList":[6210322125051645960], "AccountType":1
	LowerCaseKeys    bool   // "code", "message", "requestId", "success", "data"
}

// success is how a success is spelled.
func (w Wrinkles) success(documented string) code {
	if w.CodeSpelling != "" {
		return code(w.CodeSpelling)
	}
	return code(documented)
}

func (w Wrinkles) amount(plain amount) string {
	s := string(plain)
	if w.AmountsAsNumbers {
		return s
	}
	if w.Separators {
		s = separated(s)
	}
	if w.TrailingNewline {
		s += "\n"
	}
	return s
}

// separated puts a comma before every three digits of the whole part.
func separated(s string) string {
	sign, digits := "", s
	if strings.HasPrefix(s, "-") {
		sign, digits = "-", s[1:]
	}
	whole, fraction := digits, ""
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		whole, fraction = digits[:i], digits[i:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + fraction
}

// keys gives the fields of the envelope the names that they are sent under.
func (w Wrinkles) keys(fields object) object {
	if !w.LowerCaseKeys {
		return fields
	}
	renamed := make(object, 0, len(fields))
	for _, f := range fields {
		renamed = append(renamed, field{strings.ToLower(f.name[:1]) + f.name[1:], f.value})
	}
	return renamed
}
