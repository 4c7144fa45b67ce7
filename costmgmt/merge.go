package costmgmt

import (
	"encoding/json"
	"maps"
	"strings"
)

// object is a JSON object to be sent.
type object = map[string]any

// merge returns the JSON object base with the members of ours in place of its own: what a resource
// holds that this package has no field for is sent back as it was received, for a PUT replaces the
// whole resource. A member of ours that is nil is left out, and objects are merged in depth. Names
// differ in case between responses of the service.
func merge(base json.RawMessage, ours object) (object, error) {
	var members map[string]json.RawMessage
	if len(base) > 0 {
		if err := json.Unmarshal(base, &members); err != nil {
			return nil, err
		}
	}
	merged := object{}
	for name, value := range members {
		merged[name] = value
	}
	// All of them before any is set: notifications can have names that differ by case only.
	for name := range ours {
		maps.DeleteFunc(merged, func(other string, _ any) bool { return strings.EqualFold(other, name) })
	}
	for name, value := range ours {
		switch value := value.(type) {
		case nil:
		case object:
			part, err := merge(member(members, name), value)
			if err != nil {
				return nil, err
			}
			if len(part) > 0 {
				merged[name] = part
			}
		default:
			merged[name] = value
		}
	}
	return merged, nil
}

// member returns a member of a JSON object, nil if it has none of that name. The very name comes
// before one in another case.
func member(members map[string]json.RawMessage, name string) json.RawMessage {
	if value, found := members[name]; found {
		return value
	}
	for other, value := range members {
		if strings.EqualFold(other, name) {
			return value
		}
	}
	return nil
}

// optional returns value, or nil, which merge leaves out, where it is the zero value.
func optional[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

// optionalList returns values, or nil, which merge leaves out, where there are none.
func optionalList[S ~[]E, E any](values S) any {
	if len(values) == 0 {
		return nil
	}
	return values
}

// body returns the body of a PUT: the properties, and of raw what else can be changed.
func body(raw json.RawMessage, eTag string, properties object) (object, error) {
	var received map[string]json.RawMessage
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &received); err != nil {
			return nil, err
		}
	}
	sent := object{}
	for _, name := range []string{"identity", "location"} {
		if value := member(received, name); value != nil {
			sent[name] = value
		}
	}
	merged, err := merge(member(received, "properties"), properties)
	if err != nil {
		return nil, err
	}
	sent["properties"] = merged
	if eTag != "" {
		sent["eTag"] = eTag
	}
	return sent, nil
}
