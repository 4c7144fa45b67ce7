package lineitem

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// kind selects the decoder's fast path for a field.
type kind uint8

const (
	kindOther kind = iota // through the field's setter
	kindText
	kindDecimal
	kindTime
	kindDay     // a time that stands for a calendar day
	kindSkipped // no field; the value is skipped
	kindAlias   // a column of CSV whose attribute has another column too
)

// field is the field of a row type for an attribute.
type field struct {
	name   string // wire name
	quoted string // the name in quotes, as written in a row
	index  int    // in plan.fields
	kind   kind
	dated  bool // a time.Time, or a pointer to one
	day    bool // the attribute stands for a calendar day
	offset uintptr
	typ    reflect.Type
	set    setter
	// required and with are what the field's tag says; see Attribute.
	required bool
	with     string
}

// plan describes how rows of one type are decoded. It is built once for each type from the fields
// and struct tags, and is immutable.
type plan struct {
	typ     reflect.Type
	fields  []field
	byName  map[string]int // by attribute name, with aliases
	unknown *field         // for attributes without a field; may be nil
	skipped *plan          // attributes of this plan are skipped and not unknown
	others  names          // of an own type: attributes of the other dataset
	typical []uint64       // of an own type: one bit for each field that the other dataset lacks
	// own marks the row types of this package. They have every attribute of their dataset, so a
	// row without any of them is of another dataset.
	own bool
	// whole is set if the type decodes a row as one value: it has UnmarshalJSON or is a map.
	whole  setter
	record bool // the type is Record
}

// aliases are the names of the older API and of the reconciliation files, by current name. The
// older rateOfCredit and similar attributes are not aliases: they were fractions, and the current
// attributes are percentages.
var aliases = map[string][]string{
	"BenefitID":      {"BenefitId"},
	"BenefitOrderID": {"BenefitOrderId"},
	"Tier2MpnId":     {"ResellerMpnId"},
	"Unit":           {"UnitOfMeasure"},
	"Total":          {"TotalForCustomer"},
}

// ownTypes are the row types of this package; those of the basic set have the full type as
// value.
var ownTypes = map[reflect.Type]reflect.Type{
	reflect.TypeFor[Usage]():               nil,
	reflect.TypeFor[UsageBasic]():          reflect.TypeFor[Usage](),
	reflect.TypeFor[Reconciliation]():      nil,
	reflect.TypeFor[ReconciliationBasic](): reflect.TypeFor[Reconciliation](),
}

// names is a set of attribute names in lower case.
type names map[string]bool

func (n names) has(name string) bool { return n[strings.ToLower(name)] }

// otherKind returns the attributes of the other dataset. Usage and reconciliation share more than a
// third of their attributes, so rows of one could be decoded as the other.
func otherKind(t reflect.Type) names {
	other := reflect.TypeFor[Reconciliation]()
	if t == other || ownTypes[t] == other {
		other = reflect.TypeFor[Usage]()
	}
	n := make(names)
	for f := range other.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		n[strings.ToLower(name)] = true
	}
	delete(n, "unknown")
	return n
}

var plans sync.Map // reflect.Type to *plan or error

// planFor returns the plan of a row type.
func planFor(t reflect.Type) (*plan, error) {
	cached, ok := plans.Load(t)
	if !ok {
		made, err := newPlan(t)
		cached = made
		if err != nil {
			cached = fmt.Errorf("lineitem: %w: %s: %w", ErrRowType, t, err)
		}
		cached, _ = plans.LoadOrStore(t, cached)
	}
	if p, ok := cached.(*plan); ok {
		return p, nil
	}
	err, _ := cached.(error)
	return nil, err
}

func newPlan(t reflect.Type) (*plan, error) {
	if t == reflect.TypeFor[Record]() {
		return &plan{typ: t, record: true}, nil
	}
	if reflect.PointerTo(t).Implements(typeUnmarshaler) || t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		set, err := setterFor(t)
		return &plan{typ: t, whole: set}, err
	}
	if t.Kind() != reflect.Struct || t == typeTime {
		return nil, errors.New("not a struct, a map with string keys or a type with UnmarshalJSON")
	}
	full, own := ownTypes[t]
	p := &plan{typ: t, byName: make(map[string]int), own: own}
	if full != nil {
		var err error
		if p.skipped, err = planFor(full); err != nil {
			return nil, err
		}
	}
	if err := p.addStructs([]embedded{{typ: t}}); err != nil {
		return nil, err
	}
	if err := p.checkRequirements(); err != nil {
		return nil, err
	}
	if own {
		p.others = otherKind(t)
		p.typical = make([]uint64, p.words())
		for i := range p.fields {
			if !p.others.has(p.fields[i].name) {
				p.typical[i>>6] |= 1 << (i & 63)
			}
		}
	}
	for current, others := range aliases {
		p.addAliases(append([]string{current}, others...))
	}
	return p, nil
}

// addAliases makes a field that has one of the names of an attribute the field for all of them.
func (p *plan) addAliases(names []string) {
	for _, name := range names {
		i, has := p.byName[name]
		if !has {
			continue
		}
		for _, alias := range names {
			if _, taken := p.byName[alias]; !taken {
				p.byName[alias] = i
			}
		}
		return
	}
}

// addStructs adds the fields of the structs at one depth of embedding, then those of the structs
// embedded in them. As in encoding/json, a less nested field hides a deeper one of the same name.
// Two of the same name at the same depth are an error, since one would always be empty.
func (p *plan) addStructs(level []embedded) error {
	var next []embedded
	before := len(p.fields)
	for _, e := range level {
		for f := range e.typ.Fields() {
			if f.Tag.Get("json") == "-" {
				continue
			}
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && tag == "" {
				if f.Type.Kind() == reflect.Struct && !hasMethods(f.Type) {
					next = append(next, embedded{typ: f.Type, offset: e.offset + f.Offset})
					continue
				}
				if f.Type.Kind() == reflect.Pointer {
					return fmt.Errorf("field %s: embedded pointer; embed the struct instead", f.Name)
				}
			}
			if !f.IsExported() {
				continue
			}
			if err := p.addField(f, tag, e.offset, before); err != nil {
				return fmt.Errorf("field %s: %w", f.Name, err)
			}
		}
	}
	if len(next) == 0 {
		return nil
	}
	return p.addStructs(next)
}

type embedded struct {
	typ    reflect.Type
	offset uintptr
}

// addField adds a field. Those before the given index are less nested.
func (p *plan) addField(f reflect.StructField, name string, base uintptr, before int) error {
	fl := field{name: name, offset: base + f.Offset, typ: f.Type, index: len(p.fields)}
	if f.Name == "Unknown" && f.Type == typeUnknown {
		if p.unknown == nil {
			p.unknown = &fl
		}
		return nil
	}
	if fl.name == "" {
		fl.name = f.Name
	}
	if other, taken := p.byName[fl.name]; taken {
		if other < before {
			return nil
		}
		return fmt.Errorf("another field has the name %q", fl.name)
	}
	var err error
	if fl.set, err = setterFor(f.Type); err != nil {
		return err
	}
	quoted, err := json.Marshal(fl.name)
	if err != nil {
		return err
	}
	fl.quoted = string(quoted)
	if fl.required, fl.with, err = requirement(f.Tag.Get("lineitem")); err != nil {
		return err
	}
	fl.kind, fl.day, fl.dated = fastKind(f.Type), isDay(fl.name), pointee(f.Type) == typeTime
	if fl.kind == kindTime && fl.day {
		fl.kind = kindDay
	}
	p.byName[fl.name] = fl.index
	p.fields = append(p.fields, fl)
	return nil
}

func fastKind(t reflect.Type) kind {
	switch {
	case t == typeDecimal:
		return kindDecimal
	case t == typeTime:
		return kindTime
	case t == typeText || t.Kind() == reflect.String && !hasMethods(t):
		return kindText
	}
	return kindOther
}

// Results of lookup for an attribute without a field.
const (
	fieldUnknown = -1 // stored in Unknown if the type has it
	fieldSkipped = -2
)

// field returns the field of an attribute, [fieldUnknown] or [fieldSkipped].
func (p *plan) field(name string) int {
	i := p.lookup(name)
	if i == fieldUnknown && (p.unknown == nil || p.skipped != nil && p.skipped.lookup(name) >= 0) {
		return fieldSkipped
	}
	return i
}

// foreign reports whether an attribute exists only in the other dataset.
func (p *plan) foreign(name string) bool {
	return p.own && p.lookup(name) < 0 && (p.skipped == nil || p.skipped.lookup(name) < 0) && p.others.has(name)
}

// lookup returns the field of an attribute, by its exact name or alias first, then without regard
// to case.
func (p *plan) lookup(name string) int {
	if i, ok := p.byName[name]; ok {
		return i
	}
	for i := range p.fields {
		if strings.EqualFold(p.fields[i].name, name) {
			return i
		}
	}
	for alias, i := range p.byName {
		if strings.EqualFold(alias, name) {
			return i
		}
	}
	return fieldUnknown
}

// keyField says where values of a key go.
type keyField struct {
	field int // as plan.field returns it
	kind  kind
	// foreign is set if the attribute exists only in the other dataset's row types.
	foreign bool
	offset  uintptr // of the field in a row
	name    string  // of the field, or as it is in the row where there is none
}

func (p *plan) keyField(name string) keyField {
	f := keyField{field: p.field(name), name: name, foreign: p.foreign(name)}
	if f.field >= 0 {
		to := &p.fields[f.field]
		f.name, f.kind, f.offset = to.name, to.kind, to.offset
	} else if f.field == fieldSkipped {
		f.kind = kindSkipped
	}
	return f
}

// requirement parses the tag lineitem of a field.
func requirement(tag string) (required bool, with string, err error) {
	name, with, conditional := strings.Cut(tag, "=")
	if tag != "" && name != "required" || conditional && with == "" {
		return false, "", fmt.Errorf("invalid tag lineitem:%q; it is \"required\" or \"required=Attribute\"", tag)
	}
	return tag != "", with, nil
}

// checkRequirements makes sure that the attributes that others are required with have a field.
func (p *plan) checkRequirements() error {
	for i := range p.fields {
		f := &p.fields[i]
		if f.with != "" && !slices.ContainsFunc(p.fields, func(other field) bool { return other.name == f.with }) {
			return fmt.Errorf("attribute %s: required with %q, for which there is no field", f.name, f.with)
		}
	}
	return nil
}

// maxColumns is far more than any file has.
const maxColumns = 4096

// words returns the number of words with a bit for each field.
func (p *plan) words() int { return (len(p.fields) + 63) / 64 }
