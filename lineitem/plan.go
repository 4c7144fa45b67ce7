package lineitem

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// kind says which of the decoder's fast ways fits a field.
type kind uint8

const (
	kindOther kind = iota // through the field's setter
	kindText
	kindDecimal
	kindTime
)

// field is an attribute's place in a row type.
type field struct {
	name   string // wire name
	quoted string // the name as a row begins it: in quotes
	index  int    // in plan.fields
	kind   kind
	offset uintptr
	typ    reflect.Type
	set    setter
}

// plan is how rows of one type are decoded. It is made once for each type from its
// fields and struct tags and is never changed.
type plan struct {
	fields  []field
	byName  map[string]int // by wire name, aliases included
	unknown *field         // where attributes without a field go, if anywhere
	skipped *plan          // attributes of this plan are not unknown, just not wanted
	// own marks the row types of this package: they know every attribute, so a row
	// with none of theirs is a row of another kind.
	own bool
	// whole is set where the type takes a row as one value: it has UnmarshalJSON, or
	// it is a map.
	whole  setter
	record bool // the type is Record
}

// aliases are names of the older API and of the reconciliation files, by today's
// name. The older rateOfCredit and its like are not among them: they were fractions,
// today's attributes are percentages.
var aliases = map[string][]string{
	"BenefitID":      {"BenefitId"},
	"BenefitOrderID": {"BenefitOrderId"},
	"Tier2MpnId":     {"ResellerMpnId"},
	"Unit":           {"UnitOfMeasure"},
	"Total":          {"TotalForCustomer"},
}

var (
	typeDecimal = reflect.TypeFor[Decimal]()
	typeTime    = reflect.TypeFor[time.Time]()
	typeRaw     = reflect.TypeFor[json.RawMessage]()
	typeText    = reflect.TypeFor[JSONText]()
	typeUnknown = reflect.TypeFor[map[string]json.RawMessage]()
	// ownTypes are the row types of this package, each with the full type that it is
	// a part of, or nil.
	ownTypes = map[reflect.Type]reflect.Type{
		reflect.TypeFor[Usage]():               nil,
		reflect.TypeFor[UsageBasic]():          reflect.TypeFor[Usage](),
		reflect.TypeFor[Reconciliation]():      nil,
		reflect.TypeFor[ReconciliationBasic](): reflect.TypeFor[Reconciliation](),
	}
)

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
		return &plan{record: true}, nil
	}
	if reflect.PointerTo(t).Implements(typeUnmarshaler) || t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		set, err := setterFor(t)
		return &plan{whole: set}, err
	}
	if t.Kind() != reflect.Struct || t == typeTime {
		return nil, errors.New("a row is a struct, a map with string keys, or has UnmarshalJSON")
	}
	full, own := ownTypes[t]
	p := &plan{byName: make(map[string]int), own: own}
	if full != nil {
		var err error
		if p.skipped, err = planFor(full); err != nil {
			return nil, err
		}
	}
	if err := p.addStruct(t, 0); err != nil {
		return nil, err
	}
	for i := range p.fields {
		for _, alias := range aliases[p.fields[i].name] {
			if _, taken := p.byName[alias]; !taken {
				p.byName[alias] = i
			}
		}
	}
	return p, nil
}

// addStruct adds the fields of a struct; those of embedded structs come after its
// own and give way to them, as in encoding/json.
func (p *plan) addStruct(t reflect.Type, base uintptr) error {
	var embedded []reflect.StructField
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" && options == "" {
			continue
		}
		if f.Anonymous && tag == "" {
			if f.Type.Kind() == reflect.Struct && !reflect.PointerTo(f.Type).Implements(typeUnmarshaler) && f.Type != typeTime {
				embedded = append(embedded, f)
				continue
			}
			if f.Type.Kind() == reflect.Pointer {
				return fmt.Errorf("field %s: embed the struct itself, not a pointer to it", f.Name)
			}
		}
		if !f.IsExported() {
			continue
		}
		if err := p.addField(f, tag, base); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	for _, f := range embedded {
		if err := p.addStruct(f.Type, base+f.Offset); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) addField(f reflect.StructField, name string, base uintptr) error {
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
	if _, taken := p.byName[fl.name]; taken {
		return nil // of an embedded struct: the outer field has it
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
	fl.kind = fastKind(f.Type)
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

// What lookup returns where there is no field.
const (
	fieldUnknown = -1 // goes to Unknown, where the type has it
	fieldSkipped = -2
)

// field finds the field of an attribute, [fieldUnknown] or [fieldSkipped].
func (p *plan) field(name string) int {
	i := p.lookup(name)
	if i == fieldUnknown && (p.unknown == nil || p.skipped != nil && p.skipped.lookup(name) >= 0) {
		return fieldSkipped
	}
	return i
}

// lookup finds the field of an attribute: by its exact name or alias first, then
// without regard to case.
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
