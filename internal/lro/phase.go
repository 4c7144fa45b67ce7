package lro

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/rest"
)

// phase is what a service's word for a state means.
type phase int

const (
	unknown phase = iota // no word, or one that this version does not know
	underWay
	succeeded
	failed // ended otherwise than with success
)

// words are those of all services, in lower case.
var words = map[phase][]string{
	underWay:  {"notstarted", "running", "processing", "inprogress", "queued", "pending", "accepted"},
	succeeded: {"succeeded", "completed"},
	failed:    {"failed", "canceled", "cancelled", "expired", "aborted", "rejected", "partiallysucceeded", "partiallycompleted"},
}

func phaseOf(word string) phase {
	word = strings.ToLower(word)
	for p, known := range words {
		if slices.Contains(known, word) {
			return p
		}
	}
	return unknown
}

// hasError reports whether an error object says something. One whose members are all empty is what
// some serializers write for none.
func hasError(raw json.RawMessage) bool {
	if _, present := rest.ParseError(raw); !present {
		return false
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return true
	}
	for _, value := range object {
		switch string(bytes.TrimSpace(value)) {
		case "null", `""`, "{}", "[]":
		default:
			return true
		}
	}
	return false
}

// onlySuccess precedes the advice about a result that is not used.
const onlySuccess = "it has a result, but does not say that it succeeded, so rows may be missing; "

// endedWithResult is the state of an operation that has a result although it did not clearly
// succeed. raw is its error object. The body would only be noise: it is the result.
func endedWithResult(r *rest.Response, raw json.RawMessage, op rest.Op) Failed {
	failure := r.Failure(raw, op)
	if e, _ := rest.ParseError(raw); e == (rest.ServiceError{}) {
		failure.Message, failure.Advice = "", onlySuccess+failure.Advice
	}
	return Failed{failure}
}
