package billingtest

import (
	"net/http"
	"strings"
	"time"
)

// checkConditions evaluates the conditions of a read as Azure documents it:
//
//	If-Match && If-Unmodified-Since && (If-None-Match || If-Modified-Since)
//
// A condition that is absent, or a time that cannot be parsed, counts as none.
func checkConditions(h http.Header, eTag string, modified time.Time) *storageError {
	modified = modified.UTC().Truncate(time.Second)
	match, unmodified := tagCondition(h, "If-Match", eTag), timeCondition(h, "If-Unmodified-Since", modified)
	none, since := tagCondition(h, "If-None-Match", eTag), timeCondition(h, "If-Modified-Since", modified)
	const message = "The condition specified using HTTP conditional header(s) is not met."
	switch {
	case match == notMet || unmodified == notMet:
		return &storageError{status: http.StatusPreconditionFailed, code: "ConditionNotMet", message: message}
	case strings.TrimSpace(h.Get("If-None-Match")) == "*":
		return &storageError{status: http.StatusBadRequest, code: "UnsatisfiableCondition", message: "The request includes an unsatisfiable condition for this operation."}
	case none == notMet && since != met, since == notMet && none != met:
		return &storageError{status: http.StatusNotModified, code: "ConditionNotMet", message: message}
	default:
		return nil
	}
}

// condition is the result of a condition.
type condition int

const (
	absent condition = iota
	met
	notMet
)

func metIf(is bool) condition {
	if is {
		return met
	}
	return notMet
}

// tagCondition evaluates If-Match and If-None-Match.
func tagCondition(h http.Header, name, eTag string) condition {
	list := h.Get(name)
	if list == "" {
		return absent
	}
	listed := false
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		listed = listed || one == "*" || one == eTag || `"`+one+`"` == eTag
	}
	return metIf(listed == (name == "If-Match"))
}

// timeCondition evaluates If-Modified-Since and If-Unmodified-Since.
func timeCondition(h http.Header, name string, modified time.Time) condition {
	t, err := http.ParseTime(h.Get(name))
	if err != nil {
		return absent
	}
	return metIf(modified.After(t) == (name == "If-Modified-Since"))
}
