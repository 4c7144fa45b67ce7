package billingtest

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// writeUnique makes every text unique that is not needed, unless it is a date.
func (s *shapedRows) writeUnique(b []byte, row []member, f *facts, _ *random) []byte {
	for _, m := range row {
		if c := s.classes[m.attribute]; c == needed || c == date || !m.isText() {
			b = appendMember(b, m)
			continue
		}
		b = append(b, m.key...)
		b = s.appendUnique(b, m, f.row)
		b = append(b, ',')
	}
	return b
}

// appendUnique writes a text like that of the attribute. Those of different rows differ.
func (s *shapedRows) appendUnique(b []byte, m member, row int64) []byte {
	const digits, guidLength = 10, 36
	seed := mix(s.seed, uint64(m.attribute))                    //nolint:gosec // an index is not negative
	number := (uint64(row)*golden + seed) & (1<<(4*digits) - 1) //nolint:gosec // golden is odd: no two rows have the same number
	text := m.value[1 : len(m.value)-1]
	switch {
	case s.classes[m.attribute] == nested:
		b = append(b, `"{\"id\":\"`...)
		b = append(appendHex(b, number, digits), `\"`...)
		if len(text) == 0 {
			return append(b, `}"`...)
		}
		b = append(b, ',')
		return append(b, m.value[len(`"{`):]...)
	case len(text) == guidLength && text[8] == '-':
		b = appendGUID(append(b, '"'), number)
	case s.classes[m.attribute] == identifier:
		b = appendHex(append(b, '"'), number, digits)
	default:
		b = append(append(b, '"'), text...)
		b = appendHex(append(b, '-'), number, digits)
	}
	return append(b, '"')
}

// phrases are parts of the texts of ShapeEscaped, as the inside of a JSON string.
var phrases = []string{
	`\"Größe\" / €`, `Zürich\\Süd`, `Łódź\t½`, `\"株式会社\"/部門`, `示例 \"科技\" 有限公司`, `Пример\\Отдел`, `\"Ελλάδα\" α/β`, `\"עברית\" – א`,
	`\"مثال\" – ب`, `ตัวอย่าง\nไทย`, `\"한국어\" 예시`, `\"🚀\" rocket/launch`, `𝒳\\𝒴 math`, `café\r\nnaïve`, `\"Ωmega\" ∑`, `emoji 👩‍💻\tteam/dev`,
}

// spelling is a way to write the characters of a text in JSON.
type spelling int

const (
	spelledUTF8    spelling = iota // escapes only what JSON must escape
	spelledASCII                   // escapes everything but ASCII
	spelledSlashes                 // the same, and \/ for a slash
	spellings                      // number of spellings
)

// escapes are the phrases of ShapeEscaped in each spelling.
type escapes struct {
	*shapedRows
	phrases [spellings][]string
}

func newEscapes(s *shapedRows) *escapes {
	e := &escapes{shapedRows: s}
	for how := range spellings {
		for _, phrase := range phrases {
			e.phrases[how] = append(e.phrases[how], string(appendSpelled(nil, []byte(phrase), how)))
		}
	}
	return e
}

// write adds a phrase and a number to each free text, and spells texts in different ways.
func (e *escapes) write(b []byte, row []member, _ *facts, r *random) []byte {
	for _, m := range row {
		c := e.classes[m.attribute]
		spelled := c == free || c == nested || e.attributes[m.attribute].name == "CustomerName"
		if !spelled || !m.isText() {
			b = appendMember(b, m)
			continue
		}
		how := spelling(r.pick(int(spellings)))
		b = append(append(b, m.key...), '"')
		b = appendSpelled(b, m.value[1:len(m.value)-1], how)
		if c == free {
			b = append(b, ' ')
			b = append(b, e.phrases[how][r.pick(len(phrases))]...)
			b = append(b, ' ')
			b = strconv.AppendUint(b, r.below(10_000), 10)
		}
		b = append(b, `",`...)
	}
	return b
}

// appendSpelled writes the inside of a JSON string in a spelling. Escapes stay as they are.
func appendSpelled(b, inside []byte, how spelling) []byte {
	if how == spelledUTF8 {
		return append(b, inside...)
	}
	done := 0
	for i := 0; i < len(inside); {
		switch {
		case inside[i] == '/' && how == spelledSlashes:
			b = append(append(b, inside[done:i]...), `\/`...)
			i++
			done = i
		case inside[i] >= utf8.RuneSelf:
			b = append(b, inside[done:i]...)
			character, size := utf8.DecodeRune(inside[i:])
			for _, unit := range utf16.AppendRune(nil, character) {
				b = appendHex(append(b, `\u`...), uint64(unit), 4)
			}
			i += size
			done = i
		default:
			i++
		}
	}
	return append(b, inside[done:]...)
}

// longTags are the texts of ShapeLongTags.
type longTags struct {
	*shapedRows
	full  bool
	texts []string // the inside of a JSON string, after the first attribute
}

// The texts have between shortestTags and longestTags bytes in the row.
const (
	shortestTags = 500
	longestTags  = 3000
)

func newLongTags(s *shapedRows, e Export) *longTags {
	t := &longTags{shapedRows: s, full: e.AttributeSet == "full"}
	r := random(hash(s.seed, "long tags"))
	for range 256 {
		t.texts = append(t.texts, string(someLongTags(&r)))
	}
	return t
}

// someLongTags returns a JSON object in a JSON string without its beginning.
func someLongTags(r *random) []byte {
	// The identifier, which the row adds, and the end have more than added bytes. No element of
	// the list has more than longest bytes.
	const added, longest = 40, 200
	length := shortestTags + r.pick(longestTags-shortestTags-longest)
	text := []byte(`,\"items\":[`)
	for len(text) < length-added {
		template := tagTemplates[r.pick(len(tagTemplates))]
		template = strings.ReplaceAll(template, "#", strconv.FormatUint(1000+r.below(9000), 10))
		if r.chance(20) { // JSON in a text in JSON in a text
			template = `{"raw":` + string(appendText(nil, template, false)) + `}`
		}
		escaped := appendText(nil, template, r.chance(20))
		text = append(text, escaped[1:len(escaped)-1]...)
		text = append(text, ',')
	}
	return append(text, `null]}"`...)
}

func (t *longTags) write(b []byte, row []member, f *facts, _ *random) []byte {
	for _, m := range row {
		switch name := t.attributes[m.attribute].name; {
		case t.classes[m.attribute] == nested:
			continue
		case name == "EffectiveUnitPrice": // comes after Tags and AdditionalInfo
			if t.full {
				b = t.appendLong(append(b, `"Tags":`...), f.resource)
			}
			b = t.appendLong(append(b, `"AdditionalInfo":`...), mix(f.resource, uint64(f.row))) //nolint:gosec // rows are counted from 0
		}
		b = appendMember(b, m)
	}
	return b
}

// appendLong writes the long text of a seed and a comma.
func (t *longTags) appendLong(b []byte, seed uint64) []byte {
	b = append(b, `"{\"id\":\"`...)
	b = append(appendGUID(b, seed), `\"`...)
	b = append(b, t.texts[choose(seed, len(t.texts))]...)
	return append(b, ',')
}
